# SPDX-License-Identifier: Apache-2.0
# tests/unit/<folder>/test_<name>.c is the executable and ctest case unit_<folder>_<name>; other .c files of the folder
# are helpers linked into each. A test links what its folder may use and no more, so a forbidden call does not link.
# OBJECTS names a layer taken alone, without what it calls: the test has a scripted double of that.
function(eb_test_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;OBJECTS")
  if(arg_OBJECTS AND NOT TARGET ${arg_OBJECTS})
    return()
  endif()
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/test_*.c)
  file(GLOB helpers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/*.c)
  list(FILTER helpers EXCLUDE REGEX "/test_[^/]*\\.c$")
  foreach(source IN LISTS tests)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "unit_${folder}_" target ${name})
    add_executable(${target} ${source} ${helpers})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/core ${CMAKE_SOURCE_DIR}/include
                               ${CMAKE_SOURCE_DIR}/tests/unit ${CMAKE_BINARY_DIR})
    target_compile_definitions(${target} PRIVATE EB_TEST_ROOT="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE PkgConfig::CMOCKA)
    if(arg_OBJECTS)
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${arg_OBJECTS}>)
    endif()
    eb_link(${target} ${arg_USES})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${target} PROPERTIES TIMEOUT 120
                         ENVIRONMENT "EB_ROOT=${CMAKE_SOURCE_DIR};CMOCKA_MESSAGE_OUTPUT=STDOUT")
  endforeach()
endfunction()

# eb_tool(TARGET source...): an executable that may use every layer.
function(eb_tool target)
  add_executable(${target} ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/core ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR})
  target_compile_definitions(${target} PRIVATE EB_TEST_ROOT="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${eb_layers_linked})
endfunction()

# Dependents first, as a linker of static libraries wants them.
set(eb_layers_linked ${eb_layers})
list(REVERSE eb_layers_linked)

if(EB_TESTS)
  enable_testing()
  eb_test_folder(base USES eb_base)
  eb_test_folder(net USES eb_net)
  eb_test_folder(domain USES eb_domain)
  eb_test_folder(engine USES eb_engine)
  eb_test_folder(policy USES eb_policy)
  eb_test_folder(store USES eb_store)
  eb_test_folder(feed USES eb_feed)
  eb_test_folder(venue USES eb_venue_sim)
  eb_test_folder(venue_common USES eb_venue)
  eb_test_folder(wire USES eb_venue_wire)
  eb_test_folder(binance USES eb_venue_fapi eb_venue_binance eb_feed)
  eb_test_folder(fapi USES eb_venue_fapi)
  eb_test_folder(fapi_book USES eb_venue_fapi) # accounts alone, with doubles of market, streams and faults
  eb_test_folder(simd USES eb_venue_simd)
  eb_test_folder(host USES ${eb_layers_linked})
  eb_test_folder(host_fake OBJECTS eb_host USES eb_base) # the turn alone, with a scripted engine
  eb_test_folder(app USES ${eb_layers_linked})
  eb_test_folder(app_fake USES ${eb_layers_linked}) # the doctor, with doubles of journal, reload and clock

  add_subdirectory(tests/sim)
  add_subdirectory(tests/fault)
  file(GLOB eb_bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.c)
  foreach(source IN LISTS eb_bench_sources)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^bench_" "" name ${name})
    eb_tool(bench_${name} ${source})
  endforeach()
endif()

if(EB_FUZZ)
  file(GLOB eb_fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  foreach(source IN LISTS eb_fuzz_sources)
    get_filename_component(name ${source} NAME_WE)
    eb_tool(${name} ${source})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
