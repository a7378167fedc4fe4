# Install and export: after `cmake --install`, find_package(vigil CONFIG) gives
# vigil::vigil. An application sees the public headers only, and links the static
# libraries of all layers through it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(public_headers async.h backup.h batch.h change.h dropped_writes.h freshness.h info.h node.h
  operation.h options.h security.h status.h values.h vigil.h work.h)
list(TRANSFORM public_headers PREPEND ${PROJECT_SOURCE_DIR}/vigil/)
install(FILES ${public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/vigil)

get_property(targets GLOBAL PROPERTY VIGIL_TARGETS)
install(TARGETS ${targets} EXPORT vigilTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vigil)
install(EXPORT vigilTargets NAMESPACE vigil:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/vigil/vigilConfig.cmake.in
  ${PROJECT_BINARY_DIR}/vigilConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/vigilConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/vigilConfig.cmake
  ${PROJECT_BINARY_DIR}/vigilConfigVersion.cmake DESTINATION ${package_dir})
