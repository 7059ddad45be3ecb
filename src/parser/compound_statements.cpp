// Statements with blocks, but for `try`, `with` and `match`.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

// Of the original's rules, at most, between a statement and one within it.
constexpr int rules_per_block = 15;

/// From `if` or `elif` on.
stmt_ty if_stmt(Reader& in) {
    Nesting nesting(in, rules_per_block);
    if (nesting.too_deep())
        return nullptr;
    const Token* start = in.token;
    in.advance();
    expr_ty test = named_expression(in);
    if (!test || !in.accept(Kind::colon))
        return nullptr;
    asdl_stmt_seq* body = block(in);
    if (!body)
        return nullptr;
    asdl_stmt_seq* otherwise = nullptr;
    if (in.kind == Kind::elif_) {
        stmt_ty next = if_stmt(in);
        otherwise = next ? _Py_asdl_stmt_seq_new(1, in.arena()) : nullptr;
        if (!otherwise)
            return nullptr;
        asdl_seq_SET(otherwise, 0, next);
    } else if (!optional_block(in, Kind::else_, &otherwise)) {
        return nullptr;
    }
    return node<_PyAST_If>(in, start, test, body, otherwise);
}

stmt_ty while_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    expr_ty test = named_expression(in);
    if (!test || !in.accept(Kind::colon))
        return nullptr;
    asdl_stmt_seq* body = block(in);
    asdl_stmt_seq* otherwise;
    if (!body || !optional_block(in, Kind::else_, &otherwise))
        return nullptr;
    return node<_PyAST_While>(in, start, test, body, otherwise);
}

stmt_ty for_stmt(Reader& in, const Token* start, bool is_async) {
    in.advance();
    expr_ty target = star_targets(in);
    if (!target || !in.accept(Kind::in_))
        return nullptr;
    expr_ty iterable = star_expressions(in);
    if (!iterable || !in.accept(Kind::colon))
        return nullptr;
    asdl_stmt_seq* body = block(in);
    asdl_stmt_seq* otherwise;
    if (!body || !optional_block(in, Kind::else_, &otherwise))
        return nullptr;
    return is_async ? node<_PyAST_AsyncFor>(in, start, target, iterable, body, otherwise, nullptr)
                    : node<_PyAST_For>(in, start, target, iterable, body, otherwise, nullptr);
}

stmt_ty function_def(Reader& in, const Token* start, asdl_expr_seq* decorators, bool is_async) {
    in.advance();
    PyObject* name = name_identifier(in);
    if (!name || !in.accept(Kind::left_parenthesis))
        return nullptr;
    arguments_ty accepted = parameters(in, Kind::right_parenthesis, true);
    if (!accepted || !in.accept(Kind::right_parenthesis))
        return nullptr;
    expr_ty result = nullptr;
    if (in.accept(Kind::arrow) && !(result = expression(in)))
        return nullptr;
    asdl_stmt_seq* body = in.accept(Kind::colon) ? block(in) : nullptr;
    if (!body)
        return nullptr;
    return is_async ? node<_PyAST_AsyncFunctionDef>(in, start, name, accepted, body, decorators,
                                                    result, nullptr)
                    : node<_PyAST_FunctionDef>(in, start, name, accepted, body, decorators, result,
                                               nullptr);
}

stmt_ty class_def(Reader& in, asdl_expr_seq* decorators) {
    const Token* start = in.token;
    in.advance();
    PyObject* name = name_identifier(in);
    if (!name)
        return nullptr;
    Arguments bases;
    if (in.kind == Kind::left_parenthesis && !call_arguments(in, false, &bases))
        return nullptr;
    asdl_stmt_seq* body = in.accept(Kind::colon) ? block(in) : nullptr;
    return body ? node<_PyAST_ClassDef>(in, start, name, bases.positional, bases.keywords, body,
                                        decorators)
                : nullptr;
}

asdl_expr_seq* decorators(Reader& in) {
    Collector found(in.first_scratch);
    while (in.accept(Kind::at)) {
        expr_ty decorator = named_expression(in);
        if (!decorator || !in.accept_layout(Kind::newline) || !found.push(decorator))
            return nullptr;
    }
    return found.take<asdl_expr_seq>(in.arena());
}

stmt_ty decorated(Reader& in) {
    asdl_expr_seq* found = decorators(in);
    if (!found)
        return nullptr;
    if (in.kind == Kind::class_)
        return class_def(in, found);
    const Token* start = in.token;
    const bool is_async = in.accept(Kind::async_);
    return in.kind == Kind::def_ ? function_def(in, start, found, is_async) : nullptr;
}

stmt_ty async_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    switch (in.kind) {
    case Kind::def_:
        return function_def(in, start, nullptr, true);
    case Kind::for_:
        return for_stmt(in, start, true);
    case Kind::with_:
        return with_stmt(in, start, true);
    default:
        return nullptr;
    }
}

}  // namespace

stmt_ty compound_stmt_if_any(Reader& in, bool* simple) {
    *simple = false;
    switch (in.kind) {
    case Kind::def_:
        return function_def(in, in.token, nullptr, false);
    case Kind::if_:
        return if_stmt(in);
    case Kind::for_:
        return for_stmt(in, in.token, false);
    case Kind::at:
        return decorated(in);
    case Kind::class_:
        return class_def(in, nullptr);
    case Kind::try_:
        return try_stmt(in);
    case Kind::with_:
        return with_stmt(in, in.token, false);
    case Kind::while_:
        return while_stmt(in);
    case Kind::async_:
        return async_stmt(in);
    default:
        break;
    }
    if (!is_at_match_keyword(in)) {
        *simple = true;
        return nullptr;
    }
    stmt_ty statement = match_stmt(in);
    *simple = !statement && !in.has_failed();
    return statement;
}

asdl_stmt_seq* statements(Reader& in, Kind end) {
    Collector body(in.first_scratch);
    do {
        bool simple;
        stmt_ty compound = compound_stmt_if_any(in, &simple);
        if (simple ? !simple_stmts(in, body) : !compound || !body.push(compound))
            return nullptr;
    } while (in.kind != end);
    return body.take<asdl_stmt_seq>(in.arena());
}

asdl_stmt_seq* block(Reader& in) {
    if (!in.accept_layout(Kind::newline)) {
        Collector body(in.first_scratch);
        return simple_stmts(in, body) ? body.take<asdl_stmt_seq>(in.arena()) : nullptr;
    }
    Nesting nesting(in, rules_per_block);
    if (nesting.too_deep() || !in.accept_layout(Kind::indent))
        return nullptr;
    asdl_stmt_seq* body = statements(in, Kind::dedent);
    return body && in.accept_layout(Kind::dedent) ? body : nullptr;
}

bool optional_block(Reader& in, Kind keyword, asdl_stmt_seq** body) {
    *body = nullptr;
    return !in.accept(keyword) || (in.accept(Kind::colon) && (*body = block(in)));
}

}  // namespace stackless::parser
