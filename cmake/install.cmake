# `cmake --install`: the driver into the multiarch odbc/ folder, the driver entry as a template beside the docs.
set(TD_ODBC_DIR "${CMAKE_INSTALL_LIBDIR}/odbc" CACHE STRING "Folder of the driver, relative to the prefix")
install(TARGETS tdodbc LIBRARY DESTINATION ${TD_ODBC_DIR})
install(FILES include/tdodbc.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(TD_DRIVER_PATH "${CMAKE_INSTALL_PREFIX}/${TD_ODBC_DIR}/libtdodbc.so")
set(TD_SETUP_PATH "${CMAKE_INSTALL_PREFIX}/${TD_ODBC_DIR}/libtdodbcS.so")
configure_file(odbcinst.ini.in ${CMAKE_BINARY_DIR}/odbcinst.ini @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/odbcinst.ini DESTINATION ${CMAKE_INSTALL_DATADIR}/tdengine-odbc)
