# SPDX-License-Identifier: Apache-2.0
# What is made of the layers: the program, the embedder's library, the Lua module for busted, the embedding example.
if(TARGET eb_app AND EXISTS ${CMAKE_SOURCE_DIR}/core/app/main.c)
  add_executable(exitbrain core/app/main.c)
  target_include_directories(exitbrain PRIVATE ${CMAKE_BINARY_DIR})
  target_link_libraries(exitbrain PRIVATE eb_app)
endif()

# libexitbrain: everything an embedder calls or plugs in. Not in it: the command line and the event loop.
set(eb_library_layers ${eb_layers})
list(REMOVE_ITEM eb_library_layers eb_app eb_net eb_venue_wire eb_venue_simd eb_venue_fapi eb_venue_binance)
set(eb_library_objects "")
set(eb_library_needs "")
foreach(layer IN LISTS eb_library_layers)
  list(APPEND eb_library_objects $<TARGET_OBJECTS:${layer}>)
endforeach()
if(TARGET eb_policy)
  list(APPEND eb_library_needs PkgConfig::LUA)
endif()
if(TARGET eb_venue)
  list(APPEND eb_library_needs PkgConfig::OPENSSL)
endif()
if(TARGET eb_store)
  list(APPEND eb_library_needs PkgConfig::ZLIB PkgConfig::SQLITE Threads::Threads)
endif()
if(TARGET eb_feed)
  list(APPEND eb_library_needs PkgConfig::LIBZIP PkgConfig::ZLIB PkgConfig::CJSON)
endif()
if(TARGET eb_host AND TARGET eb_engine)
  foreach(kind STATIC SHARED)
    string(TOLOWER exitbrain_${kind} target)
    add_library(${target} ${kind} ${eb_library_objects})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME exitbrain LINKER_LANGUAGE C
                          VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  target_link_libraries(exitbrain_shared PRIVATE ${eb_library_needs})
  # Once installed, what the archive needs is looked for anew: cmake/ExitBrainConfig.cmake.in.
  target_link_libraries(exitbrain_static PUBLIC "$<BUILD_INTERFACE:${eb_library_needs}>"
                        $<INSTALL_INTERFACE:PkgConfig::ExitBrain_NEEDS> $<INSTALL_INTERFACE:Threads::Threads>)
  target_link_options(exitbrain_shared PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/exitbrain.map)
  if(NOT EB_SANITIZE AND NOT EB_FUZZ) # a sanitizer's runtime is found only in the executable
    target_link_options(exitbrain_shared PRIVATE -Wl,--no-undefined)
  endif()
endif()

# exitbrain_host.so, for `require "exitbrain_host"`: the production sandbox inside a stock Lua, whose API it uses.
file(GLOB eb_module_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/policy/module/*.c)
if(eb_module_sources AND TARGET eb_policy)
  set(eb_module_objects "")
  foreach(layer eb_base eb_domain eb_engine eb_policy)
    if(TARGET ${layer})
      list(APPEND eb_module_objects $<TARGET_OBJECTS:${layer}>)
    endif()
  endforeach()
  add_library(exitbrain_host MODULE ${eb_module_sources} ${eb_module_objects})
  set_target_properties(exitbrain_host PROPERTIES PREFIX "" OUTPUT_NAME exitbrain_host)
  target_include_directories(exitbrain_host PRIVATE ${CMAKE_SOURCE_DIR}/core ${CMAKE_SOURCE_DIR}/include
                             ${CMAKE_BINARY_DIR})
  target_include_directories(exitbrain_host SYSTEM PRIVATE ${LUA_INCLUDE_DIRS})
endif()

# examples/embed* see nothing but the public headers and the library: that is what they prove.
foreach(eb_example embed embed_signals)
  file(GLOB eb_embed_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/${eb_example}/*.c)
  if(eb_embed_sources AND TARGET exitbrain_static)
    add_executable(example_${eb_example} ${eb_embed_sources})
    target_link_libraries(example_${eb_example} PRIVATE exitbrain_static)
  endif()
endforeach()
