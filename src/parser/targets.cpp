// What can be assigned to and deleted.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

bool make_targets(asdl_expr_seq* items, expr_context_ty context) {
    for (Py_ssize_t index = 0; index < asdl_seq_LEN(items); ++index) {
        if (!make_target(asdl_seq_GET(items, index), context))
            return false;
    }
    return true;
}

}  // namespace

bool make_single_target(expr_ty expression) {
    const bool is_single = expression->kind == Name_kind || expression->kind == Attribute_kind ||
                           expression->kind == Subscript_kind;
    return is_single && make_target(expression, Store);
}

bool make_target(expr_ty expression, expr_context_ty context) {
    switch (expression->kind) {
    case Name_kind:
        expression->v.Name.ctx = context;
        return true;
    case Attribute_kind:
        expression->v.Attribute.ctx = context;
        return true;
    case Subscript_kind:
        expression->v.Subscript.ctx = context;
        return true;
    case Starred_kind:
        expression->v.Starred.ctx = context;
        return context == Store && make_target(expression->v.Starred.value, context);
    case Tuple_kind:
        expression->v.Tuple.ctx = context;
        return make_targets(expression->v.Tuple.elts, context);
    case List_kind:
        expression->v.List.ctx = context;
        return make_targets(expression->v.List.elts, context);
    default:
        return false;
    }
}

expr_ty star_target(Reader& in) {
    const Token* start = in.token;
    const bool starred = in.accept(Kind::star);
    expr_ty target = primary(in);
    if (!target || !make_target(target, Store))
        return nullptr;
    return starred ? node<_PyAST_Starred>(in, start, target, Store) : target;
}

expr_ty star_targets(Reader& in) {
    const Token* start = in.token;
    expr_ty first = star_target(in);
    return first && in.kind == Kind::comma ? end_of_tuple(in, start, first, star_target, Store)
                                           : first;
}

asdl_expr_seq* del_targets(Reader& in) {
    Collector targets(in.first_scratch);
    do {
        expr_ty target = primary(in);
        if (!target || !make_target(target, Del) || !targets.push(target))
            return nullptr;
    } while (in.accept(Kind::comma) && begins_expression(in.kind));
    return targets.take<asdl_expr_seq>(in.arena());
}

}  // namespace stackless::parser
