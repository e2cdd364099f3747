# SPDX-License-Identifier: Apache-2.0
# cmake -DBIN=eb_fault -DBUG=NAME -DTROUBLE=NAME -P found.cmake: a planted bug must be found within 20 seeds.
execute_process(COMMAND "${BIN}" --only "${TROUBLE}" --seeds 20 --bug "${BUG}" RESULT_VARIABLE status
  OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(NOT status EQUAL 1)
  message(FATAL_ERROR "not found (status ${status}): the judge is blind\n${out}")
endif()
message(STATUS "found:\n${out}")
