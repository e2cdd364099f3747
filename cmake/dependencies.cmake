# SPDX-License-Identifier: Apache-2.0
# Libraries of the system, found by pkg-config. What is missing is named here once, with the Debian package that has it.
find_package(PkgConfig REQUIRED)

macro(eb_dependency name package)
  pkg_search_module(${name} QUIET IMPORTED_TARGET ${ARGN})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${ARGN} not found: install ${package} (./run and ./test install what is missing)")
  endif()
endmacro()

eb_dependency(LUA liblua5.4-dev lua5.4 lua-5.4 lua54)
eb_dependency(CJSON libcjson-dev libcjson)
eb_dependency(LIBZIP libzip-dev libzip)
eb_dependency(ZLIB zlib1g-dev zlib)
eb_dependency(SQLITE libsqlite3-dev sqlite3)
eb_dependency(UV libuv1-dev libuv)
eb_dependency(SYSTEMD libsystemd-dev libsystemd)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
if(EB_TESTS)
  eb_dependency(CMOCKA libcmocka-dev cmocka)
endif()
