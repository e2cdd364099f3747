# SPDX-License-Identifier: Apache-2.0
# cmake -DBUG=bugs/NAME.txt -DSOURCE=FILE.c -DOUT=FILE.c -P plant.cmake: copies SOURCE with the one replacement that BUG
# describes. The text to replace must stand there exactly once: a bug that can no longer be planted fails the build.
file(READ "${BUG}" bug)
file(READ "${SOURCE}" source)

# The lines between two markers, without the last line feed.
function(section from to out)
  string(FIND "${bug}" "\n${from}\n" begin)
  string(FIND "${bug}" "\n${to}\n" end)
  if(begin EQUAL -1 OR end LESS_EQUAL begin)
    message(FATAL_ERROR "${BUG}: no section from \"${from}\" to \"${to}\"")
  endif()
  string(LENGTH "\n${from}\n" length)
  math(EXPR begin "${begin} + ${length}")
  math(EXPR length "${end} - ${begin}")
  string(SUBSTRING "${bug}" ${begin} ${length} text)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

section("--- correct" "--- planted" correct)
section("--- planted" "---" planted)
string(FIND "${source}" "${correct}" first)
string(FIND "${source}" "${correct}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${BUG}: its text must stand exactly once in ${SOURCE}: write the bug anew")
endif()
string(REPLACE "${correct}" "${planted}" source "${source}")
file(WRITE "${OUT}" "${source}")
