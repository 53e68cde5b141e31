# The code in README.md is the code that is compiled. Usage: cmake -DROOT=<repository> -P readme.cmake
file(READ ${ROOT}/README.md readme)
file(READ ${ROOT}/services/hello/hello.cpp source)
string(REGEX REPLACE "// \\[readme\\]\n" "" source "${source}")
string(FIND "${readme}" "${source}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "README.md does not show services/hello/hello.cpp as it is")
endif()
