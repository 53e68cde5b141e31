# What the programs print and how they end. Usage: cmake -DROOT=.. -DTRIBUTARY=.. -DSERVICE=.. -DWORK=.. -P config_programs.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
# Variables of whoever runs this would be read too.
foreach(name TRIBUTARY__KAFKA__BOOTSTRAP_SERVERS TRIBUTARY__KAFKA__BATCH_SIZE)
  unset(ENV{${name}})
endforeach()

# expect(<exit code> <regex of everything printed> <command...>)
function(expect code pattern)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE ended OUTPUT_VARIABLE out ERROR_VARIABLE out WORKING_DIRECTORY ${WORK})
  if(NOT ended EQUAL code OR NOT out MATCHES "${pattern}")
    message(SEND_ERROR "${ARGN}\nended with ${ended}, not ${code}, or printed no '${pattern}':\n${out}")
  endif()
endfunction()

function(print_to file)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE ended OUTPUT_FILE ${WORK}/${file})
  if(NOT ended EQUAL 0)
    message(SEND_ERROR "${ARGN} ended with ${ended}")
  endif()
endfunction()

expect(0 "^ok: broker localhost:9092, redis none, 4 sources \\(0 off\\), 3 topics\n$" ${TRIBUTARY} check ${ROOT}/tests/config/contract.yaml)
expect(0 "^ok: " ${TRIBUTARY} check ${ROOT}/tests/config/contract.json)
print_to(example.yaml ${TRIBUTARY} example)
print_to(example.json ${TRIBUTARY} example --json)
print_to(schema.json ${TRIBUTARY} schema)
expect(0 "^ok: " ${TRIBUTARY} check example.yaml)
expect(0 "^ok: " ${TRIBUTARY} check example.json)
expect(2 "FILE" ${TRIBUTARY} check)
expect(78 "^Config file not found: none.yaml\n1 problem\n$" ${TRIBUTARY} check none.yaml)

file(WRITE ${WORK}/wrong.yaml "kafka:\n  bootstrap_servers: nowhere\n  batch_size: 0\ncolour: red\n")
expect(78 "wrong.yaml:3:15: kafka.batch_size: '0' is not .*wrong.yaml:4:1: unknown key 'colour'.*3 problems\n$" ${TRIBUTARY} check wrong.yaml)
set(ENV{TRIBUTARY__KAFKA__BATCH_SIZE} 5)
expect(78 "2 problems\n$" ${TRIBUTARY} check wrong.yaml)
unset(ENV{TRIBUTARY__KAFKA__BATCH_SIZE})

# A folder is no recorded answer.
expect(2 "^tributary ingest: --file: '[^\n]*' is a directory\n$" ${TRIBUTARY} ingest --type nasa_firms --file ${WORK})

# Nobody listens on port 1.
file(WRITE ${WORK}/away.yaml "kafka: {bootstrap_servers: embedded}\nredis: {url: \"redis://:hidden@127.0.0.1:1\"}\n")
expect(69 "^ok: .*broker embedded: ok.*\nredis 127.0.0.1:1: [^\n]*refused[^\n]*\n$" ${TRIBUTARY} check away.yaml --connect)
file(WRITE ${WORK}/there.yaml "kafka: {bootstrap_servers: embedded}\n")
expect(0 "broker embedded: ok" ${TRIBUTARY} check there.yaml --connect)

# A service says each thing once, with its place.
file(WRITE ${WORK}/service.yaml "kafka:\n  bootstrap_servers: \${NOWHERE:-nowhere}\nflags: {colour: red}\n")
expect(78 "service.yaml:2:22: kafka.bootstrap_servers: '[^\n]*NOWHERE:-nowhere}' is not host:port\n$" ${SERVICE} --config service.yaml)
expect(78 "service.yaml:3:9: unknown key 'flags.colour'" ${SERVICE} --config service.yaml)
expect(78 "kafka.bootstrap_servers: is required" ${SERVICE})
