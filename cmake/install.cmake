# What users get: `find_package(Tributary)` with the targets
#   Tributary::tributary   everything a service needs
#   Tributary::testing     fakes, mocks and ServiceHarness; there when GTest is
# The same names work after add_subdirectory or FetchContent.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(tributary_core INTERFACE)
target_link_libraries(tributary_core INTERFACE tributary_patterns)
set_target_properties(tributary_core PROPERTIES EXPORT_NAME tributary)
add_library(Tributary::tributary ALIAS tributary_core)

# tributary_install(<export> <layer>...): libraries and headers, the latter by their repository path.
function(tributary_install export)
  foreach(layer IN LISTS ARGN)
    set_target_properties(tributary_${layer} PROPERTIES EXPORT_NAME ${layer})
    install(TARGETS tributary_${layer} EXPORT ${export} COMPONENT development
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
      FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tributary)
  endforeach()
  install(EXPORT ${export} NAMESPACE Tributary:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Tributary COMPONENT development)
endfunction()

install(TARGETS tributary_core EXPORT TributaryTargets COMPONENT development)
tributary_install(TributaryTargets infrastructure reliability ingestion orchestration patterns)
if(TRIBUTARY_TESTING)
  add_library(Tributary::testing ALIAS tributary_testing)
  tributary_install(TributaryTestingTargets testing)
endif()

configure_package_config_file(cmake/TributaryConfig.cmake.in ${PROJECT_BINARY_DIR}/cmake/TributaryConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Tributary)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/TributaryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/dependencies.cmake ${PROJECT_BINARY_DIR}/cmake/TributaryDependencies.cmake COPYONLY)
install(FILES
    ${PROJECT_BINARY_DIR}/cmake/TributaryConfig.cmake ${PROJECT_BINARY_DIR}/cmake/TributaryConfigVersion.cmake
    ${PROJECT_BINARY_DIR}/cmake/TributaryDependencies.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Tributary COMPONENT development)
