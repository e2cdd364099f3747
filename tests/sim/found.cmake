# SPDX-License-Identifier: Apache-2.0
# cmake -DBIN=eb_sim_bug_NAME -DSEEDS=N -P found.cmake: the simulator with a planted bug must find it within N seeds.
execute_process(COMMAND "${BIN}" --seeds "${SEEDS}" RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
string(REGEX MATCH "seed [0-9]+: VIOLATION: [^\n]*" what "${out}")
if(NOT status EQUAL 1 OR what STREQUAL "")
  message(FATAL_ERROR "not found within ${SEEDS} seeds (status ${status}): the oracle is blind\n${out}")
endif()
message(STATUS "found: ${what}")
