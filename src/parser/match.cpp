// `match`, whose patterns are left to the original.
#include <cstring>

#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

bool is_at_word(const Reader& in, const char* word, Py_ssize_t length) {
    return in.kind == Kind::name && PyBytes_GET_SIZE(in.token->bytes) == length &&
           std::memcmp(PyBytes_AS_STRING(in.token->bytes), word, length) == 0;
}

bool is_at_case_keyword(const Reader& in) {
    return is_at_word(in, "case", 4);
}

/// What is matched: an expression, or a tuple without parentheses.
expr_ty subject_expr(Reader& in) {
    const Token* start = in.token;
    const bool starred = in.kind == Kind::star;
    expr_ty first = star_named_expression(in);
    if (!first || in.kind != Kind::comma)
        return starred ? nullptr : first;
    return end_of_tuple(in, start, first, star_named_expression);
}

match_case_ty case_block(Reader& in) {
    in.advance();
    pattern_ty pattern = original_rule(in, patterns_rule);
    if (!pattern)
        return nullptr;
    expr_ty guard = nullptr;
    if (in.accept(Kind::if_) && !(guard = named_expression(in)))
        return nullptr;
    asdl_stmt_seq* body = in.accept(Kind::colon) ? block(in) : nullptr;
    return body ? _PyAST_match_case(pattern, guard, body, in.arena()) : nullptr;
}

asdl_match_case_seq* case_blocks(Reader& in) {
    Collector cases(in.first_scratch);
    do {
        match_case_ty next = is_at_case_keyword(in) ? case_block(in) : nullptr;
        if (!next || !cases.push(next))
            return nullptr;
    } while (in.kind != Kind::dedent);
    return cases.take<asdl_match_case_seq>(in.arena());
}

stmt_ty whole_match_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    if (!begins_expression(in.kind))
        return nullptr;
    expr_ty subject = subject_expr(in);
    if (!subject || !in.accept(Kind::colon) || !in.accept_layout(Kind::newline) ||
        !in.accept_layout(Kind::indent))
        return nullptr;
    asdl_match_case_seq* cases = case_blocks(in);
    if (!cases || !in.accept_layout(Kind::dedent))
        return nullptr;
    return node<_PyAST_Match>(in, start, subject, cases);
}

}  // namespace

bool is_at_match_keyword(const Reader& in) {
    return is_at_word(in, "match", 5);
}

stmt_ty match_stmt(Reader& in) {
    const int mark = in.state->mark;
    stmt_ty statement = whole_match_stmt(in);
    if (!statement && !in.has_failed())
        in.go_back(mark);
    return statement;
}

}  // namespace stackless::parser
