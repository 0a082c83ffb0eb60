# Warnings, hardening and sanitizers for every target of the project.
add_library(td_flags INTERFACE)
target_compile_options(td_flags INTERFACE
  -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wundef -Wvla -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough
  -fno-strict-aliasing -fstack-protector-strong)
if(TD_WERROR)
  target_compile_options(td_flags INTERFACE -Werror)
endif()
target_compile_definitions(td_flags INTERFACE _GNU_SOURCE)
if(TD_SANITIZE STREQUAL "thread")
  target_compile_options(td_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer -g)
  target_link_options(td_flags INTERFACE -fsanitize=thread)
elseif(TD_SANITIZE)
  target_compile_options(td_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g)
  target_link_options(td_flags INTERFACE -fsanitize=address,undefined)
endif()
if(TD_BUILD_FUZZ)
  # Coverage for the fuzzer in the layers, too, not only in the targets.
  target_compile_options(td_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
