# SPDX-License-Identifier: Apache-2.0
# Writes generated/version.h. The commit comes from git, or was written by `git archive`, else it is "unknown".
set(EB_COMMIT "unknown")
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  set(eb_git ${GIT_EXECUTABLE} -c safe.directory=* -C ${CMAKE_SOURCE_DIR})
  execute_process(COMMAND ${eb_git} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE eb_head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE eb_head_status)
  if(eb_head_status EQUAL 0)
    set(EB_COMMIT ${eb_head})
  endif()
  # A commit moves HEAD's reflog: configure again then, so that the header is never stale.
  execute_process(COMMAND ${eb_git} rev-parse --git-path logs/HEAD
                  OUTPUT_VARIABLE eb_reflog OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(eb_reflog "${eb_reflog}" ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  if(EXISTS "${eb_reflog}" AND NOT IS_DIRECTORY "${eb_reflog}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${eb_reflog}")
  endif()
elseif(EXISTS ${CMAKE_SOURCE_DIR}/.ci/commit.txt)
  file(READ ${CMAKE_SOURCE_DIR}/.ci/commit.txt eb_archived)
  if(eb_archived MATCHES "^([0-9a-f]+)")
    string(SUBSTRING ${CMAKE_MATCH_1} 0 12 EB_COMMIT)
  endif()
endif()
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.h.in ${CMAKE_BINARY_DIR}/generated/version.h @ONLY)
