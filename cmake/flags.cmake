# SPDX-License-Identifier: Apache-2.0
# Language, warnings and hardening, the same for every target.
# NDEBUG is never defined, though EB_ASSERT would not care: it stays on in production.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

set(eb_warnings -Wall -Wextra -Wconversion -Wshadow -Wswitch-enum -Wstrict-prototypes -Wdouble-promotion
    -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2)
if(EB_WERROR)
  list(APPEND eb_warnings -Werror)
endif()
add_compile_options(${eb_warnings})

# -ffp-contract=off: the same doubles from every compiler.
# -fno-math-errno: __builtin_sqrt is one instruction, so domain needs no libm.
# -fno-semantic-interposition: position independent code may still inline what is public in its own file.
add_compile_options(-ffp-contract=off -fno-math-errno -fno-semantic-interposition)

if(EB_SANITIZE)
  add_compile_options(-fsanitize=${EB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EB_SANITIZE})
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # its flow analysis is misled by the instrumentation; other presets keep these
    add_compile_options(-Wno-format-truncation -Wno-maybe-uninitialized -Wno-stringop-overflow)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection)
endif()
if(EB_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "EB_FUZZ needs clang: use cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
if(EB_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# Executables are position independent; read-only relocations and immediate binding cost one start-up and no turn.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
add_link_options(-Wl,-z,relro,-z,now)
