# SPDX-License-Identifier: Apache-2.0
# `cmake --install`: the program, libexitbrain with headers, pkg-config file and CMake package, the policies and what
# they require.
if(TARGET exitbrain)
  install(TARGETS exitbrain RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET exitbrain_static)
  foreach(kind static shared)
    set_target_properties(exitbrain_${kind} PROPERTIES EXPORT_NAME ${kind})
    install(TARGETS exitbrain_${kind} EXPORT ExitBrain_${kind}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endforeach()
  # Relative to the file itself, so that `cmake --install --prefix DIR` and a moved tree work.
  set(eb_pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH eb_prefix_from_pc ${eb_pc_dir} ${CMAKE_INSTALL_PREFIX})
  file(RELATIVE_PATH eb_libdir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
  file(RELATIVE_PATH eb_includedir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  file(RELATIVE_PATH eb_datadir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_DATADIR})
  # For libexitbrain.a beside shared libraries; Requires.private would ask for what a static libzip needs as well.
  set(eb_private_names ${LUA_LIBRARIES} ${LIBZIP_LIBRARIES} ${ZLIB_LIBRARIES} ${CJSON_LIBRARIES}
      ${SQLITE_LIBRARIES} ${OPENSSL_LIBRARIES} pthread)
  list(TRANSFORM eb_private_names PREPEND -l)
  list(JOIN eb_private_names " " eb_private_libraries)
  configure_file(cmake/exitbrain.pc.in ${CMAKE_BINARY_DIR}/exitbrain.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/exitbrain.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

  # find_package(ExitBrain): one file of targets per kind, so that a user of the shared library needs nothing else.
  include(CMakePackageConfigHelpers)
  set(eb_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ExitBrain)
  set(eb_data_dir ${CMAKE_INSTALL_DATADIR}/exitbrain)
  set(eb_needs_modules ${LUA_MODULE_NAME} ${LIBZIP_MODULE_NAME} ${ZLIB_MODULE_NAME} ${CJSON_MODULE_NAME}
      ${SQLITE_MODULE_NAME} ${OPENSSL_MODULE_NAME})
  list(JOIN eb_needs_modules " " eb_needs_modules)
  configure_package_config_file(cmake/ExitBrainConfig.cmake.in ${CMAKE_BINARY_DIR}/ExitBrainConfig.cmake
                                INSTALL_DESTINATION ${eb_package_dir} PATH_VARS eb_data_dir)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/ExitBrainConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/ExitBrainConfig.cmake ${CMAKE_BINARY_DIR}/ExitBrainConfigVersion.cmake
          DESTINATION ${eb_package_dir})
  foreach(kind static shared)
    install(EXPORT ExitBrain_${kind} NAMESPACE ExitBrain:: DESTINATION ${eb_package_dir})
  endforeach()
endif()
install(DIRECTORY include/exitbrain DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} OPTIONAL FILES_MATCHING PATTERN "*.h")
install(DIRECTORY policies lua DESTINATION ${CMAKE_INSTALL_DATADIR}/exitbrain OPTIONAL FILES_MATCHING PATTERN "*.lua")
# Service files name the program where it is installed to, by --prefix too: written when that is known.
install(CODE "
  set(eb_program \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/exitbrain\")
  foreach(eb_unit exitbrain.service exitbrain-sim.service)
    file(READ \"${CMAKE_SOURCE_DIR}/examples/systemd/\${eb_unit}\" eb_text)
    string(REPLACE \"/usr/local/bin/exitbrain\" \"\${eb_program}\" eb_text \"\${eb_text}\")
    file(WRITE \"${CMAKE_BINARY_DIR}/systemd/\${eb_unit}\" \"\${eb_text}\")
  endforeach()")
install(DIRECTORY ${CMAKE_BINARY_DIR}/systemd DESTINATION ${CMAKE_INSTALL_DATADIR}/exitbrain)
install(FILES examples/systemd/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/exitbrain/systemd)
install(DIRECTORY examples/configurations DESTINATION ${CMAKE_INSTALL_DATADIR}/exitbrain/examples)
install(DIRECTORY examples/strategies DESTINATION ${CMAKE_INSTALL_DATADIR}/exitbrain/examples OPTIONAL
        FILES_MATCHING PATTERN "*.lua")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
