# What a user of the library does: cmake --install, find_package, link, run. The first
# C++ example of README.md is compiled and linked along with the consumer, so that it
# cannot go stale.
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})

file(GLOB_RECURSE headers RELATIVE ${prefix}/include ${prefix}/include/*)
set(public vigil/async.h vigil/backup.h vigil/batch.h vigil/change.h vigil/dropped_writes.h vigil/freshness.h vigil/info.h vigil/node.h vigil/operation.h vigil/options.h vigil/security.h vigil/status.h vigil/values.h vigil/vigil.h vigil/work.h)
if(NOT headers STREQUAL public)
  message(FATAL_ERROR "Installed headers: ${headers}\nExpected: ${public}")
endif()

file(READ ${SOURCE}/README.md readme)
if(NOT readme MATCHES "\n```cpp\n([^`]*)```\n")
  message(FATAL_ERROR "README.md has no C++ example")
endif()
file(WRITE ${WORK}/readme_example.cc "${CMAKE_MATCH_1}")

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK}/build -G Ninja
  -D CMAKE_BUILD_TYPE=Release -D CMAKE_PREFIX_PATH=${prefix}
  -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
  -D README_EXAMPLE=${WORK}/readme_example.cc)
run(${CMAKE_COMMAND} --build ${WORK}/build)

# A free port from below the range that the kernel gives to clients, so that nobody
# takes it by chance before the consumer does.
execute_process(COMMAND_ERROR_IS_FATAL ANY OUTPUT_VARIABLE port COMMAND ${PYTHON} -c "
import random, socket
while True:
    port = random.randrange(20000, 32000)
    try:
        with socket.socket() as s:
            s.bind(('127.0.0.1', port))
    except OSError:
        continue
    print(port, end='')
    break
")
run(${WORK}/build/consumer 127.0.0.1:${port} ${WORK}/data)
