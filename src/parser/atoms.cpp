// Names, constants, and what stands in brackets.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

expr_ty constant(Reader& in, PyObject* value) {
    const Token* start = in.token;
    in.advance();
    return node<_PyAST_Constant>(in, start, value, nullptr);
}

expr_ty number(Reader& in) {
    return original_rule(in, _PyPegen_number_token);
}

/// Adjacent strings. The original rule remembers what it has made of those that it may warn of, so that it does not warn
/// again if the whole is left to the original.
expr_ty strings(Reader& in) {
    return original_rule(in, strings_rule);
}

/// More items after the first one, up to `end`, which is not consumed.
bool more_items(Reader& in, Collector& items, Kind end) {
    while (in.accept(Kind::comma) && in.kind != end) {
        expr_ty item = star_named_expression(in);
        if (!item || !items.push(item))
            return false;
    }
    return in.kind == end;
}

/// Items up to the closing token, and that.
bool items_and_end(Reader& in, expr_ty first, Kind end, asdl_expr_seq** sequence) {
    Collector items(in.first_scratch);
    if (!items.push(first) || !more_items(in, items, end))
        return false;
    in.advance();
    *sequence = items.take<asdl_expr_seq>(in.arena());
    return *sequence;
}

/// A generator expression, or another comprehension, whose element has been read.
template <auto make>
expr_ty comprehension(Reader& in, const Token* start, expr_ty element, Kind end) {
    asdl_comprehension_seq* clauses = for_if_clauses(in);
    return clauses && in.accept(end) ? node<make>(in, start, element, clauses) : nullptr;
}

expr_ty tuple_of(Reader& in, const Token* start, expr_ty first) {
    asdl_expr_seq* items;
    if (!items_and_end(in, first, Kind::right_parenthesis, &items))
        return nullptr;
    return node<_PyAST_Tuple>(in, start, items, Load);
}

expr_ty set_of(Reader& in, const Token* start, expr_ty first) {
    asdl_expr_seq* items;
    if (!items_and_end(in, first, Kind::right_brace, &items))
        return nullptr;
    return node<_PyAST_Set>(in, start, items);
}

expr_ty make_dict(Reader& in, const Token* start, const Collector& keys, const Collector& values) {
    auto* key_sequence = keys.take<asdl_expr_seq>(in.arena());
    auto* value_sequence = values.take<asdl_expr_seq>(in.arena());
    if (!key_sequence || !value_sequence)
        return nullptr;
    return node<_PyAST_Dict>(in, start, key_sequence, value_sequence);
}

/// `**` and what it unpacks. The key is null.
expr_ty unpacked_value(Reader& in) {
    in.advance();
    return bitwise_or(in);
}

/// What follows the key.
expr_ty value_of_key(Reader& in) {
    return in.accept(Kind::colon) ? expression(in) : nullptr;
}

expr_ty dict_comprehension(Reader& in, const Token* start, expr_ty key, expr_ty value) {
    asdl_comprehension_seq* clauses = for_if_clauses(in);
    return clauses && in.accept(Kind::right_brace)
               ? node<_PyAST_DictComp>(in, start, key, value, clauses)
               : nullptr;
}

/// A dict whose first key has been read, or null if it begins with `**`.
expr_ty dict_of(Reader& in, const Token* start, expr_ty key) {
    Collector keys(in.first_scratch);
    Collector values(in.second_scratch);
    for (;;) {
        expr_ty value = key ? value_of_key(in) : unpacked_value(in);
        if (!value)
            return nullptr;
        if (key && !keys.size() && begins_for_if_clause(in.kind))
            return dict_comprehension(in, start, key, value);
        if (!keys.push(key) || !values.push(value))
            return nullptr;
        const bool goes_on = in.accept(Kind::comma);
        if (in.accept(Kind::right_brace))
            return make_dict(in, start, keys, values);
        if (!goes_on)
            return nullptr;
        key = nullptr;
        if (in.kind != Kind::double_star && !(key = expression(in)))
            return nullptr;
    }
}

}  // namespace

PyObject* name_identifier(Reader& in) {
    if (in.kind != Kind::name)
        return nullptr;
    PyObject* name = in.identifiers.identifier(in.state, in.token);
    if (name)
        in.advance();
    return name;
}

expr_ty atom(Reader& in) {
    switch (in.kind) {
    case Kind::name: {
        const Token* start = in.token;
        PyObject* name = name_identifier(in);
        return name ? node<_PyAST_Name>(in, start, name, Load) : nullptr;
    }
    case Kind::number:
        return number(in);
    case Kind::string:
        return strings(in);
    case Kind::left_parenthesis:
        return parenthesized_atom(in);
    case Kind::left_bracket:
        return list_atom(in);
    case Kind::left_brace:
        return brace_atom(in);
    case Kind::none_:
        return constant(in, Py_None);
    case Kind::true_:
        return constant(in, Py_True);
    case Kind::false_:
        return constant(in, Py_False);
    case Kind::ellipsis:
        return constant(in, Py_Ellipsis);
    default:
        return nullptr;
    }
}

expr_ty parenthesized_atom(Reader& in) {
    const Token* start = in.token;
    in.advance();
    if (in.accept(Kind::right_parenthesis))
        return node<_PyAST_Tuple>(in, start, nullptr, Load);
    if (in.kind == Kind::yield_) {
        expr_ty value = yield_expr(in);
        return value && in.accept(Kind::right_parenthesis) ? value : nullptr;
    }
    const bool starred = in.kind == Kind::star;
    expr_ty first = star_named_expression(in);
    if (!first)
        return nullptr;
    if (in.kind == Kind::comma)
        return tuple_of(in, start, first);
    if (starred)
        return nullptr;
    if (begins_for_if_clause(in.kind))
        return comprehension<_PyAST_GeneratorExp>(in, start, first, Kind::right_parenthesis);
    return in.accept(Kind::right_parenthesis) ? first : nullptr;
}

expr_ty list_atom(Reader& in) {
    const Token* start = in.token;
    in.advance();
    if (in.accept(Kind::right_bracket))
        return node<_PyAST_List>(in, start, nullptr, Load);
    const bool starred = in.kind == Kind::star;
    expr_ty first = star_named_expression(in);
    if (!first)
        return nullptr;
    if (!starred && begins_for_if_clause(in.kind))
        return comprehension<_PyAST_ListComp>(in, start, first, Kind::right_bracket);
    asdl_expr_seq* items;
    if (!items_and_end(in, first, Kind::right_bracket, &items))
        return nullptr;
    return node<_PyAST_List>(in, start, items, Load);
}

expr_ty brace_atom(Reader& in) {
    const Token* start = in.token;
    in.advance();
    if (in.accept(Kind::right_brace)) {
        Collector nothing(in.first_scratch);
        return make_dict(in, start, nothing, nothing);
    }
    if (in.kind == Kind::double_star)
        return dict_of(in, start, nullptr);
    if (in.kind == Kind::star) {
        expr_ty first = star_named_expression(in);
        return first ? set_of(in, start, first) : nullptr;
    }
    const Token* first_start = in.token;
    expr_ty first = expression(in);
    if (!first)
        return nullptr;
    if (in.kind == Kind::colon)
        return dict_of(in, start, first);
    first = end_of_named_expression(in, first, first_start);
    if (!first)
        return nullptr;
    if (begins_for_if_clause(in.kind))
        return comprehension<_PyAST_SetComp>(in, start, first, Kind::right_brace);
    return set_of(in, start, first);
}

bool begins_for_if_clause(Kind kind) {
    return kind == Kind::for_ || kind == Kind::async_;
}

asdl_comprehension_seq* for_if_clauses(Reader& in) {
    Collector clauses(in.second_scratch);
    do {
        const bool is_async = in.accept(Kind::async_);
        if (!in.accept(Kind::for_))
            return nullptr;
        expr_ty target = star_targets(in);
        if (!target || !in.accept(Kind::in_))
            return nullptr;
        expr_ty iterable = disjunction(in);
        if (!iterable)
            return nullptr;
        Collector conditions(in.first_scratch);
        while (in.accept(Kind::if_)) {
            expr_ty condition = disjunction(in);
            if (!condition || !conditions.push(condition))
                return nullptr;
        }
        auto* condition_sequence = conditions.take<asdl_expr_seq>(in.arena());
        comprehension_ty clause =
            condition_sequence
                ? _PyAST_comprehension(target, iterable, condition_sequence, is_async, in.arena())
                : nullptr;
        if (!clause || !clauses.push(clause))
            return nullptr;
    } while (begins_for_if_clause(in.kind));
    return clauses.take<asdl_comprehension_seq>(in.arena());
}

}  // namespace stackless::parser
