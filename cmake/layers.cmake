# SPDX-License-Identifier: Apache-2.0
# The layers of core/. eb_layer(NAME FOLDER [USES target...] [LIBRARIES imported...]) makes static library NAME from
# core/FOLDER/*.c. USES names the only targets whose symbols it may call; tests/tidy/layers.lua states the same table
# for #include lines. Targets that do not exist are left out.
set(eb_layers "")

function(eb_link target)
  foreach(used IN LISTS ARGN)
    if(TARGET ${used})
      target_link_libraries(${target} PUBLIC ${used})
    endif()
  endforeach()
endfunction()

function(eb_layer name folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "USES;LIBRARIES")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/core/app/main\\.c$")
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/core ${CMAKE_SOURCE_DIR}/include)
  if(NOT name MATCHES "^eb_(base|domain|engine)$")
    target_include_directories(${name} PRIVATE ${CMAKE_BINARY_DIR})
  endif()
  eb_link(${name} ${arg_USES})
  if(arg_LIBRARIES)
    target_link_libraries(${name} PUBLIC ${arg_LIBRARIES})
  endif()
  set(eb_layers ${eb_layers} ${name} PARENT_SCOPE)
endfunction()

eb_layer(eb_base base)
eb_layer(eb_net net USES eb_base
         LIBRARIES PkgConfig::UV PkgConfig::SYSTEMD PkgConfig::CURL PkgConfig::OPENSSL)
eb_layer(eb_domain domain USES eb_base)
eb_layer(eb_engine engine USES eb_domain eb_base)
eb_layer(eb_policy policy USES eb_engine eb_domain eb_base LIBRARIES PkgConfig::LUA)
eb_layer(eb_store store USES eb_engine eb_domain eb_base LIBRARIES PkgConfig::ZLIB PkgConfig::SQLITE Threads::Threads)
eb_layer(eb_feed feed USES eb_engine eb_domain eb_base LIBRARIES PkgConfig::LIBZIP PkgConfig::ZLIB PkgConfig::CJSON)
eb_layer(eb_venue venue USES eb_engine eb_domain eb_base LIBRARIES PkgConfig::OPENSSL)
eb_layer(eb_venue_sim venue/sim USES eb_venue eb_engine eb_feed eb_domain eb_base)
eb_layer(eb_venue_wire venue/wire USES eb_venue eb_store eb_net eb_engine eb_domain eb_base)
eb_layer(eb_venue_simd venue/simd USES eb_venue_wire eb_venue_sim eb_feed eb_store eb_net eb_engine eb_domain eb_base)
eb_layer(eb_venue_binance venue/binance USES eb_venue eb_engine eb_net eb_domain eb_base)
eb_layer(eb_venue_fapi venue/fapi USES eb_venue_simd eb_venue_sim eb_venue eb_feed eb_engine eb_net eb_domain eb_base)
eb_layer(eb_host host USES eb_engine eb_policy eb_store eb_domain eb_base)
eb_layer(eb_app app USES eb_host eb_venue_fapi eb_venue_binance eb_venue_simd eb_venue_wire eb_venue_sim eb_venue
         eb_feed eb_store eb_policy eb_engine eb_domain eb_net eb_base
         LIBRARIES PkgConfig::CJSON)
