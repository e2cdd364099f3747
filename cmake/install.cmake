# SPDX-License-Identifier: Apache-2.0
# `cmake --install`: the program, libexitbrain with its headers and pkg-config file, the policies and what they require.
if(TARGET exitbrain)
  install(TARGETS exitbrain RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET exitbrain_static)
  install(TARGETS exitbrain_static exitbrain_shared
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  # Relative to the file itself, so that `cmake --install --prefix DIR` and a moved tree work.
  set(eb_pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH eb_prefix_from_pc ${eb_pc_dir} ${CMAKE_INSTALL_PREFIX})
  file(RELATIVE_PATH eb_libdir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
  file(RELATIVE_PATH eb_includedir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  # For libexitbrain.a beside shared libraries; Requires.private would ask for what a static libzip needs as well.
  set(eb_private_names ${LUA_LIBRARIES} ${LIBZIP_LIBRARIES} ${ZLIB_LIBRARIES} ${CJSON_LIBRARIES}
      ${SQLITE_LIBRARIES} pthread)
  list(TRANSFORM eb_private_names PREPEND -l)
  list(JOIN eb_private_names " " eb_private_libraries)
  configure_file(cmake/exitbrain.pc.in ${CMAKE_BINARY_DIR}/exitbrain.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/exitbrain.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
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
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
