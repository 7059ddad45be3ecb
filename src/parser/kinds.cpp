#include "parser/kinds.hpp"

#include <array>
#include <cstring>

namespace stackless::parser {
namespace {

constexpr int types_count = 1024;  // keywords have types from 500 on

// In the order of Kind.
constexpr const char* keyword_texts[] = {
    "False", "None",   "True", "and",   "as",     "assert",   "break", "class", "continue",
    "def",   "del",    "elif", "else",  "except", "finally",  "for",   "from",  "global",
    "if",    "import", "in",   "is",    "lambda", "nonlocal", "not",   "or",    "pass",
    "raise", "return", "try",  "while", "with",   "yield",
};

Kind keyword_kind(const char* text) {
    int kind = static_cast<int>(Kind::first_keyword);
    for (const char* known : keyword_texts) {
        if (std::strcmp(known, text) == 0)
            return static_cast<Kind>(kind);
        ++kind;
    }
    return Kind::other;
}

std::array<Kind, types_count> make_kinds() {
    std::array<Kind, types_count> kinds;
    kinds.fill(Kind::other);
    for (int type = 0; type < OP; ++type)
        kinds[type] = static_cast<Kind>(type);
    kinds[AWAIT] = Kind::await_;
    kinds[ASYNC] = Kind::async_;
    for (int length = 0; length < keyword_lists; ++length) {
        const Keyword* keyword = reserved_keywords[length];
        for (; keyword && keyword->text; ++keyword)
            kinds[keyword->type] = keyword_kind(keyword->text);
    }
    return kinds;
}

}  // namespace

const Kind* kinds_of_types() {
    static const std::array<Kind, types_count> kinds = make_kinds();
    return kinds.data();
}

bool begins_expression(Kind kind) {
    switch (kind) {
    case Kind::name:
    case Kind::number:
    case Kind::string:
    case Kind::left_parenthesis:
    case Kind::left_bracket:
    case Kind::left_brace:
    case Kind::plus:
    case Kind::minus:
    case Kind::tilde:
    case Kind::star:
    case Kind::ellipsis:
    case Kind::await_:
    case Kind::false_:
    case Kind::none_:
    case Kind::true_:
    case Kind::lambda_:
    case Kind::not_:
        return true;
    default:
        return false;
    }
}

}  // namespace stackless::parser
