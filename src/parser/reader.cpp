#include "parser/reader.hpp"

namespace stackless::parser {

void Reader::reload() {
    last = nullptr;
    for (int index = state->mark - 1; index >= 0 && !last; --index) {
        Token* before = state->tokens[index];
        if (!ISWHITESPACE(before->type))
            last = before;
    }
    load();
}

}  // namespace stackless::parser
