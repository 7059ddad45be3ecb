// Statements that stand in one line, but for imports.
#include <array>

#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

/// The operator of an augmented assignment; 0 if the token is none.
int augmented_operator(Kind kind) {
    switch (kind) {
    case Kind::plus_equal:
        return Add;
    case Kind::minus_equal:
        return Sub;
    case Kind::star_equal:
        return Mult;
    case Kind::at_equal:
        return MatMult;
    case Kind::slash_equal:
        return Div;
    case Kind::percent_equal:
        return Mod;
    case Kind::ampersand_equal:
        return BitAnd;
    case Kind::vertical_bar_equal:
        return BitOr;
    case Kind::circumflex_equal:
        return BitXor;
    case Kind::left_shift_equal:
        return LShift;
    case Kind::right_shift_equal:
        return RShift;
    case Kind::double_star_equal:
        return Pow;
    case Kind::double_slash_equal:
        return FloorDiv;
    default:
        return 0;
    }
}

/// What stands on the right of an assignment.
expr_ty assigned_value(Reader& in) {
    return in.kind == Kind::yield_ ? yield_expr(in) : star_expressions(in);
}

stmt_ty annotated_assignment(Reader& in, const Token* start, expr_ty target) {
    const bool simple = target->kind == Name_kind && in.only_one_since(start);
    if (!make_single_target(target))
        return nullptr;
    in.advance();
    expr_ty annotation = expression(in);
    if (!annotation)
        return nullptr;
    expr_ty value = nullptr;
    if (in.accept(Kind::equal) && !(value = assigned_value(in)))
        return nullptr;
    return node<_PyAST_AnnAssign>(in, start, target, annotation, value, simple);
}

stmt_ty augmented_assignment(Reader& in, const Token* start, expr_ty target, int operation) {
    if (!make_single_target(target))
        return nullptr;
    in.advance();
    expr_ty value = assigned_value(in);
    return value ? node<_PyAST_AugAssign>(in, start, target, static_cast<operator_ty>(operation),
                                          value)
                 : nullptr;
}

/// One target or several, each with `=` after it.
stmt_ty assignment(Reader& in, const Token* start, expr_ty value) {
    Collector targets(in.first_scratch);
    while (in.kind == Kind::equal) {
        if (!make_target(value, Store) || !targets.push(value))
            return nullptr;
        in.advance();
        value = assigned_value(in);
        if (!value)
            return nullptr;
    }
    auto* sequence = targets.take<asdl_expr_seq>(in.arena());
    return sequence ? node<_PyAST_Assign>(in, start, sequence, value, nullptr) : nullptr;
}

stmt_ty expression_or_assignment(Reader& in) {
    const Token* start = in.token;
    expr_ty value = star_expressions(in);
    if (!value)
        return nullptr;
    if (in.kind == Kind::equal)
        return assignment(in, start, value);
    if (in.kind == Kind::colon)
        return annotated_assignment(in, start, value);
    if (const int operation = augmented_operator(in.kind))
        return augmented_assignment(in, start, value, operation);
    return node<_PyAST_Expr>(in, start, value);
}

stmt_ty return_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    expr_ty value = nullptr;
    if (begins_expression(in.kind) && !(value = star_expressions(in)))
        return nullptr;
    return node<_PyAST_Return>(in, start, value);
}

stmt_ty raise_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    expr_ty exception = nullptr;
    expr_ty cause = nullptr;
    if (begins_expression(in.kind)) {
        exception = expression(in);
        if (!exception)
            return nullptr;
        if (in.accept(Kind::from_) && !(cause = expression(in)))
            return nullptr;
    }
    return node<_PyAST_Raise>(in, start, exception, cause);
}

stmt_ty assert_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    expr_ty test = expression(in);
    if (!test)
        return nullptr;
    expr_ty message = nullptr;
    if (in.accept(Kind::comma) && !(message = expression(in)))
        return nullptr;
    return node<_PyAST_Assert>(in, start, test, message);
}

stmt_ty del_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    asdl_expr_seq* targets = del_targets(in);
    return targets ? node<_PyAST_Delete>(in, start, targets) : nullptr;
}

stmt_ty yield_stmt(Reader& in) {
    const Token* start = in.token;
    expr_ty value = yield_expr(in);
    return value ? node<_PyAST_Expr>(in, start, value) : nullptr;
}

/// `global` or `nonlocal`.
template <auto make>
stmt_ty names_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    Collector names(in.first_scratch);
    do {
        PyObject* name = name_identifier(in);
        if (!name || !names.push(name))
            return nullptr;
    } while (in.accept(Kind::comma));
    auto* sequence = names.take<asdl_identifier_seq>(in.arena());
    return sequence ? node<make>(in, start, sequence) : nullptr;
}

template <auto make>
stmt_ty word_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    return node<make>(in, start);
}

stmt_ty simple_stmt(Reader& in) {
    switch (in.kind) {
    case Kind::return_:
        return return_stmt(in);
    case Kind::import_:
        return import_name(in);
    case Kind::from_:
        return import_from(in);
    case Kind::raise_:
        return raise_stmt(in);
    case Kind::pass_:
        return word_stmt<_PyAST_Pass>(in);
    case Kind::del_:
        return del_stmt(in);
    case Kind::yield_:
        return yield_stmt(in);
    case Kind::assert_:
        return assert_stmt(in);
    case Kind::break_:
        return word_stmt<_PyAST_Break>(in);
    case Kind::continue_:
        return word_stmt<_PyAST_Continue>(in);
    case Kind::global_:
        return names_stmt<_PyAST_Global>(in);
    case Kind::nonlocal_:
        return names_stmt<_PyAST_Nonlocal>(in);
    default:
        return expression_or_assignment(in);
    }
}

}  // namespace

bool simple_statements_before_newline(Reader& in, Collector& body) {
    do {
        stmt_ty statement = simple_stmt(in);
        if (!statement || !body.push(statement))
            return false;
    } while (in.accept(Kind::semicolon) && in.kind != Kind::newline);
    return in.kind == Kind::newline;
}

bool simple_stmts(Reader& in, Collector& body) {
    return simple_statements_before_newline(in, body) && in.accept_layout(Kind::newline);
}

}  // namespace stackless::parser
