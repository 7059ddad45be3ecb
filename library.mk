# The library for programs that embed Stackless: libstackless.so and libstackless.a. Included by Makefile.
#
# Both are made of one relocatable object: all of src/ and of libpython, compiled for any position, in which
# nothing is global but the C API of CPython and our own. So a program that links libstackless.a has no names
# of our insides, and has the whole C API, for the extensions that it loads.

soname = libstackless.so.0
library_products = obj-pic stackless-pic.o libstackless.a $(soname) libstackless.so libpython3.11-weakened-pic.a

# start_up.cpp is for the program: it refers to where the program lies.
pic_objects := $(patsubst obj/%,obj-pic/%,$(filter-out %/start_up.o,$(core_objects))) obj-pic/src/library.o
pic_cxxflags = $(all_cxxflags) -ftls-model=initial-exec
pic_link = $(CXX) $(filter -flto% -O% -fuse-ld=% --target=% --sysroot=%,$(link_flags))

.PHONY: lib
ifneq ($(wildcard $(libpython_pic)),)
libraries_built = libstackless.so libstackless.a
endif
lib: $(libraries_built)
	$(if $^,@:,@echo 'no library: Debian has no $(notdir $(libpython_pic)), which a debug build would need')

obj-pic/%.o: position = -fPIC
obj-pic/%.o: $(srcdir)/%.cpp Makefile
	$(call show,PIC,$*.cpp)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(pic_cxxflags) -MMD -MP -c -o $@ $<

$(pic_objects): | hidden_code.hpp
-include $(pic_objects:.o=.d)

# What is not hidden in the libraries that come along.
inner_symbols = 'ffi_*' '*_fcontext' 'unw_*' '__unw_*' 'log[A-Z]*' open_temp_exec_file

# The C++ library, expat and zlib are not in it: they are the program's.
stackless-pic.o: $(pic_objects) libpython3.11-weakened-pic.a
	$(call show,LINK,$@)
	$(Q)$(pic_link) $(filter -Wl$(comma)--wrap%,$(link_flags)) -r -nostdlib -o $@.all $(pic_objects) -Wl,--whole-archive libpython3.11-weakened-pic.a \
		-Wl,--no-whole-archive -l:libboost_context.a -l:libffi_pic.a $(libunwind)
	$(Q)$(tool_prefix)objcopy --localize-hidden --localize-symbols=$(srcdir)/src/cpython/exposed_symbols.txt --wildcard $(addprefix --localize-symbol=,$(inner_symbols)) $@.all $@
	$(Q)rm $@.all

libstackless.a: stackless-pic.o
	$(call show,AR,$@)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $<

# Functions call each other directly: nobody replaces them.
$(soname): stackless-pic.o $(srcdir)/src/library.map
	$(call show,LINK,$@)
	$(Q)$(pic_link) $(if $(sanitizers),-fsanitize=$(sanitizers)) -shared -Wl,-soname,$(soname) \
		-Wl,-Bsymbolic-functions -Wl,--hash-style=gnu -Wl,--version-script=$(srcdir)/src/library.map \
		-o $@ $< -lexpat -lz -lm -ldl -lutil -lpthread

libstackless.so: $(soname)
	$(Q)ln -sf $< $@

# ---- Installing it

packaging = stackless.pc StacklessConfig.cmake StacklessConfigVersion.cmake
library_products += $(packaging)

$(packaging): %: $(srcdir)/tools/packaging/%.in Makefile
	$(Q)sed -e 's|@prefix@|$(prefix)|' -e 's|@version@|$(version)|' -e 's|@soname@|$(soname)|' \
		-e 's|@python_include@|$(python_include)|' $< >$@

.PHONY: install-lib uninstall-lib
install: $(if $(libraries_built),install-lib)
install-lib: lib $(packaging)
	install -D -m 755 $(soname) $(DESTDIR)$(prefix)/lib/$(soname)
	ln -sf $(soname) $(DESTDIR)$(prefix)/lib/libstackless.so
	install -m 644 libstackless.a $(DESTDIR)$(prefix)/lib
	install -d $(DESTDIR)$(prefix)/include/stackless/detail
	install -m 644 $(srcdir)/include/stackless/*.h* $(DESTDIR)$(prefix)/include/stackless
	install -m 644 $(srcdir)/include/stackless/detail/*.hpp $(DESTDIR)$(prefix)/include/stackless/detail
	install -D -m 644 stackless.pc $(DESTDIR)$(prefix)/lib/pkgconfig/stackless.pc
	install -d $(DESTDIR)$(prefix)/lib/cmake/Stackless
	install -m 644 StacklessConfig.cmake StacklessConfigVersion.cmake $(DESTDIR)$(prefix)/lib/cmake/Stackless

uninstall: uninstall-lib
uninstall-lib:
	rm -f $(addprefix $(DESTDIR)$(prefix)/lib/,$(soname) libstackless.so libstackless.a pkgconfig/stackless.pc)
	rm -rf $(DESTDIR)$(prefix)/include/stackless $(DESTDIR)$(prefix)/lib/cmake/Stackless

# ---- Tests of it: programs that are linked with it. Where there is no library, with what it is made of.

embed_test_objects := $(patsubst $(srcdir)/%.cpp,obj/%.o,$(wildcard $(srcdir)/tests/embed/*.cpp))
embed_examples := $(patsubst $(srcdir)/examples/embed/%.cpp,embed_%,$(wildcard $(srcdir)/examples/embed/*.cpp))
library_products += embed_tests $(embed_examples)

# A host is no part of us: it is compiled as any program, with the installed headers only.
host_cxxflags = -std=c++20 -I$(srcdir)/include -I$(srcdir)/include/stackless $(warnings) -O1 -g1 $(filter -fsanitize%,$(mode_flags)) $(CXXFLAGS)
obj/tests/embed/%.o: $(srcdir)/tests/embed/%.cpp Makefile
	$(call show,CXX,tests/embed/$*.cpp)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(host_cxxflags) -isystem $(python_include) -MMD -MP -c -o $@ $<

obj/examples/embed/%.o: $(srcdir)/examples/embed/%.cpp Makefile
	$(call show,CXX,examples/embed/$*.cpp)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(host_cxxflags) -MMD -MP -c -o $@ $<

.PRECIOUS: obj/examples/embed/%.o
-include $(embed_test_objects:.o=.d) $(wildcard obj/examples/embed/*.d)

ifneq ($(libraries_built),)
host_needs = libstackless.so
host_link = $(pic_link) $(if $(sanitizers),-fsanitize=$(sanitizers))
host_libraries = -L. -lstackless -Wl,-rpath,$(CURDIR) -lpthread
else
host_needs = obj/src/library.o $(core_objects) libpython3.11-weakened.a
host_link = $(link)
host_libraries = obj/src/library.o $(core_objects) $(libraries)
endif

embed_tests: $(embed_test_objects) $(host_needs)
	$(call show,LINK,$@)
	$(Q)$(host_link) -o $@ $(embed_test_objects) $(host_libraries) -lgtest

embed_%: obj/examples/embed/%.o $(host_needs)
	$(call show,LINK,$@)
	$(Q)$(host_link) -o $@ $< $(host_libraries)

check: embed_tests $(embed_examples)
demo: demo-embed
.PHONY: demo-embed
demo-embed: $(embed_examples)
	for example in $^; do echo "--- $$example" && ./$$example || exit 1; done

# The same with sanitizers, in builds of their own: for threads, and for memory and what C++ does not define.
.PHONY: check-embed check-embed-sanitizers
# CPython keeps what it allocates once, and the signal of a stack's end is ours.
check-embed: export ASAN_OPTIONS = detect_leaks=0:allocator_may_return_null=1:handle_segv=0
check-embed: embed_tests $(embed_examples)
	./embed_tests
	./embed_minimal && ./embed_watchdog && ./embed_frame_cost --check

check-embed-sanitizers: sanitized-threads/Makefile sanitized-memory/Makefile
	$(MAKE) -C sanitized-threads check-embed
	$(MAKE) -C sanitized-memory check-embed

sanitized-threads/Makefile: sanitizer_list = thread
sanitized-memory/Makefile: sanitizer_list = address,undefined
sanitized-%/Makefile:
	mkdir -p $(@D)
	cd $(@D) && $(srcdir)/configure --with-sanitizers=$(sanitizer_list)

library_products += sanitized-threads sanitized-memory

include $(srcdir)/examples/game/game.mk
