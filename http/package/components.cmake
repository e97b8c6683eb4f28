# Read by CPack before each generator: what goes into which package.
if(CPACK_GENERATOR STREQUAL "DEB")
  # Debian's packages bring the libraries.
  set(CPACK_COMPONENTS_ALL programs service)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
else()
  set(CPACK_COMPONENTS_ALL programs libraries samples)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
