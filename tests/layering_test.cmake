# Shows that layering.cmake finds what it is for: a small tree with one violation of each kind.
cmake_minimum_required(VERSION 3.25)
set(tree "${WORK}/layering_test")
file(REMOVE_RECURSE "${tree}")
file(WRITE "${tree}/core/streaming/infrastructure/up.hpp" "#pragma once\n\n#include \"core/streaming/patterns/x.hpp\"\n")
file(WRITE "${tree}/core/streaming/infrastructure/leak.hpp" "#include <librdkafka/rdkafka.h>\n")
file(WRITE "${tree}/core/streaming/infrastructure/kafka_fine.hpp" "#include <librdkafka/rdkafka.h>\n#include \"core/streaming/infrastructure/up.hpp\"\n")
file(WRITE "${tree}/core/streaming/reliability/socket.cpp" "#include <hiredis/hiredis.h>\n")
file(WRITE "${tree}/core/streaming/reliability/metrics.hpp" "#include <prometheus/registry.h>\n")
file(WRITE "${tree}/core/streaming/patterns/double.cpp" "#include \"core/streaming/testing/fake.hpp\"\n")
file(WRITE "${tree}/core/streaming/patterns/near.cpp" "#include \"near.hpp\"\n")
file(WRITE "${tree}/core/streaming/patterns/business.cpp" "#include \"services/hello/wire.hpp\"\n")
file(WRITE "${tree}/services/hello/wire.cpp" "#include \"services/hello/wire.hpp\"\n#include \"core/streaming/infrastructure/up.hpp\"\n")
file(WRITE "${tree}/tests/unit/slow_test.cpp" "void f() {\n    char c[] = \"];[\"; std::this_thread::sleep_for(1s);\n}\n")

execute_process(COMMAND "${CMAKE_COMMAND}" "-DROOT=${tree}" -P "${CMAKE_CURRENT_LIST_DIR}/layering.cmake" RESULT_VARIABLE result ERROR_VARIABLE found)
set(missed "")
foreach(expected IN ITEMS
    "core/streaming/infrastructure/up.hpp:3: infrastructure must not include patterns"
    "core/streaming/infrastructure/leak.hpp:1: <librdkafka/rdkafka.h> belongs behind an adapter"
    "core/streaming/reliability/socket.cpp:1: <hiredis/hiredis.h> belongs behind an adapter"
    "core/streaming/reliability/metrics.hpp:1: <prometheus/registry.h> belongs behind an adapter"
    "core/streaming/patterns/double.cpp:1: patterns must not include testing"
    "core/streaming/patterns/near.cpp:1: include by repository path: near.hpp"
    "core/streaming/patterns/business.cpp:1: patterns must not include services/hello/wire.hpp"
    "services/hello/wire.cpp:2: services must not include infrastructure"
    "tests/unit/slow_test.cpp:2: no sleeping")
  string(FIND "${found}" "${expected}" position)
  if(position EQUAL -1)
    string(APPEND missed "not found: ${expected}\n")
  endif()
endforeach()
if(result EQUAL 0 OR missed OR found MATCHES "kafka_fine")
  message(FATAL_ERROR "${missed}layering.cmake said:\n${found}")
endif()
