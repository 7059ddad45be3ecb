# The game of examples/game, a program that embeds the library. Included by library.mk.

game_objects := $(patsubst $(srcdir)/%.cpp,obj/%.o,$(wildcard $(srcdir)/examples/game/*.cpp))
library_products += game game-*.png

game_cxxflags = $(filter-out -O1,$(host_cxxflags)) -O2 $(shell pkg-config --cflags sdl2) \
	-DGAME_SCRIPTS='"$(srcdir)/examples/game/scripts"'
obj/examples/game/%.o: $(srcdir)/examples/game/%.cpp Makefile
	$(call show,CXX,examples/game/$*.cpp)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(game_cxxflags) -MMD -MP -c -o $@ $<

-include $(game_objects:.o=.d)

game: $(game_objects) $(host_needs)
	$(call show,LINK,$@)
	$(Q)$(host_link) -o $@ $(game_objects) $(host_libraries) $(shell pkg-config --libs sdl2) -lz

check: game
