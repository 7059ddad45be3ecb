// Expressions, from the loosest binding to calls and attributes.
#include <array>

#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

// Of the original's rules, at most, between an expression and one within it.
constexpr int rules_per_expression = 45;
constexpr int rules_per_operand = 10;

/// A binary operator but `**`, which binds more tightly than what is before it. Precedence 0 is none at all.
struct BinaryOperator {
    uint8_t precedence = 0;
    operator_ty operation = Add;
};

constexpr auto binary_operators = [] {
    std::array<BinaryOperator, static_cast<size_t>(Kind::count)> table{};
    auto set = [&](Kind kind, uint8_t precedence, operator_ty operation) {
        table[static_cast<size_t>(kind)] = {precedence, operation};
    };
    set(Kind::vertical_bar, 1, BitOr);
    set(Kind::circumflex, 2, BitXor);
    set(Kind::ampersand, 3, BitAnd);
    set(Kind::left_shift, 4, LShift);
    set(Kind::right_shift, 4, RShift);
    set(Kind::plus, 5, Add);
    set(Kind::minus, 5, Sub);
    set(Kind::star, 6, Mult);
    set(Kind::slash, 6, Div);
    set(Kind::double_slash, 6, FloorDiv);
    set(Kind::percent, 6, Mod);
    set(Kind::at, 6, MatMult);
    return table;
}();

expr_ty await_primary(Reader& in) {
    const Token* start = in.token;
    if (!in.accept(Kind::await_))
        return primary(in);
    expr_ty awaited = primary(in);
    return awaited ? node<_PyAST_Await>(in, start, awaited) : nullptr;
}

expr_ty factor(Reader& in);

expr_ty power(Reader& in) {
    const Token* start = in.token;
    expr_ty base = await_primary(in);
    if (!base || in.kind != Kind::double_star)
        return base;
    Nesting nesting(in, rules_per_operand);
    if (nesting.too_deep())
        return nullptr;
    in.advance();
    expr_ty exponent = factor(in);
    return exponent ? node<_PyAST_BinOp>(in, start, base, Pow, exponent) : nullptr;
}

expr_ty unary(Reader& in, unaryop_ty operation, expr_ty (*operand_rule)(Reader&)) {
    Nesting nesting(in, rules_per_operand);
    if (nesting.too_deep())
        return nullptr;
    const Token* start = in.token;
    in.advance();
    expr_ty operand = operand_rule(in);
    return operand ? node<_PyAST_UnaryOp>(in, start, operation, operand) : nullptr;
}

expr_ty factor(Reader& in) {
    switch (in.kind) {
    case Kind::plus:
        return unary(in, UAdd, factor);
    case Kind::minus:
        return unary(in, USub, factor);
    case Kind::tilde:
        return unary(in, Invert, factor);
    default:
        return power(in);
    }
}

/// Operators of this precedence and above.
expr_ty binary(Reader& in, int precedence) {
    const Token* start = in.token;
    expr_ty left = factor(in);
    while (left) {
        const BinaryOperator found = binary_operators[static_cast<size_t>(in.kind)];
        if (found.precedence < precedence)
            break;
        in.advance();
        expr_ty right = binary(in, found.precedence + 1);
        left = right ? node<_PyAST_BinOp>(in, start, left, found.operation, right) : nullptr;
    }
    return left;
}

/// The comparison that begins here, consumed; 0 if none does.
int comparison_operator(Reader& in) {
    int operation = 0;
    switch (in.kind) {
    case Kind::equal_equal:
        operation = Eq;
        break;
    case Kind::not_equal:
        // `<>` has the same kind.
        if (*PyBytes_AS_STRING(in.token->bytes) != '!')
            return 0;
        operation = NotEq;
        break;
    case Kind::less:
        operation = Lt;
        break;
    case Kind::less_equal:
        operation = LtE;
        break;
    case Kind::greater:
        operation = Gt;
        break;
    case Kind::greater_equal:
        operation = GtE;
        break;
    case Kind::in_:
        operation = In;
        break;
    case Kind::not_:
        in.advance();
        return in.accept(Kind::in_) ? NotIn : 0;
    case Kind::is_:
        in.advance();
        return in.accept(Kind::not_) ? IsNot : Is;
    default:
        return 0;
    }
    in.advance();
    return operation;
}

bool begins_comparison(Kind kind) {
    switch (kind) {
    case Kind::equal_equal:
    case Kind::not_equal:
    case Kind::less:
    case Kind::less_equal:
    case Kind::greater:
    case Kind::greater_equal:
    case Kind::in_:
    case Kind::not_:
    case Kind::is_:
        return true;
    default:
        return false;
    }
}

/// The operators and operands after the first one.
expr_ty end_of_comparison(Reader& in, const Token* start, expr_ty left) {
    Collector operations(in.second_scratch);
    Collector operands(in.first_scratch);
    while (begins_comparison(in.kind)) {
        const int operation = comparison_operator(in);
        expr_ty operand = operation ? bitwise_or(in) : nullptr;
        if (!operand ||
            !operations.push(reinterpret_cast<void*>(static_cast<intptr_t>(operation))) ||
            !operands.push(operand))
            return nullptr;
    }
    asdl_int_seq* operation_sequence = _Py_asdl_int_seq_new(operations.size(), in.arena());
    if (!operation_sequence)
        return nullptr;
    for (Py_ssize_t index = 0; index < operations.size(); ++index)
        operation_sequence->typed_elements[index] =
            static_cast<int>(reinterpret_cast<intptr_t>(operations[index]));
    auto* operand_sequence = operands.take<asdl_expr_seq>(in.arena());
    return operand_sequence
               ? node<_PyAST_Compare>(in, start, left, operation_sequence, operand_sequence)
               : nullptr;
}

expr_ty inversion(Reader& in) {
    if (in.kind == Kind::not_)
        return unary(in, Not, inversion);
    const Token* start = in.token;
    expr_ty left = bitwise_or(in);
    return left && begins_comparison(in.kind) ? end_of_comparison(in, start, left) : left;
}

/// The operands of `and` or `or` after the first one.
expr_ty end_of_bool_op(Reader& in, const Token* start, expr_ty first, boolop_ty operation,
                       Kind separator, expr_ty (*operand_rule)(Reader&)) {
    Collector operands(in.first_scratch);
    if (!operands.push(first))
        return nullptr;
    while (in.accept(separator)) {
        expr_ty operand = operand_rule(in);
        if (!operand || !operands.push(operand))
            return nullptr;
    }
    auto* sequence = operands.take<asdl_expr_seq>(in.arena());
    return sequence ? node<_PyAST_BoolOp>(in, start, operation, sequence) : nullptr;
}

expr_ty conjunction(Reader& in) {
    const Token* start = in.token;
    expr_ty first = inversion(in);
    if (!first || in.kind != Kind::and_)
        return first;
    return end_of_bool_op(in, start, first, And, Kind::and_, inversion);
}

/// `*` and what is to be unpacked, with the operators that may follow it outside of calls.
expr_ty starred_operand(Reader& in) {
    const Token* start = in.token;
    in.advance();
    expr_ty unpacked = bitwise_or(in);
    return unpacked ? node<_PyAST_Starred>(in, start, unpacked, Load) : nullptr;
}

}  // namespace

expr_ty bitwise_or(Reader& in) {
    return binary(in, 1);
}

expr_ty disjunction(Reader& in) {
    const Token* start = in.token;
    expr_ty first = conjunction(in);
    if (!first || in.kind != Kind::or_)
        return first;
    return end_of_bool_op(in, start, first, Or, Kind::or_, conjunction);
}

expr_ty expression(Reader& in) {
    Nesting nesting(in, rules_per_expression);
    if (nesting.too_deep())
        return nullptr;
    if (in.kind == Kind::lambda_)
        return lambdef(in);
    const Token* start = in.token;
    expr_ty body = disjunction(in);
    if (!body || !in.accept(Kind::if_))
        return body;
    expr_ty test = disjunction(in);
    if (!test || !in.accept(Kind::else_))
        return nullptr;
    expr_ty otherwise = expression(in);
    return otherwise ? node<_PyAST_IfExp>(in, start, test, body, otherwise) : nullptr;
}

expr_ty lambdef(Reader& in) {
    const Token* start = in.token;
    in.advance();
    arguments_ty accepted = parameters(in, Kind::colon, false);
    if (!accepted || !in.accept(Kind::colon))
        return nullptr;
    expr_ty body = expression(in);
    return body ? node<_PyAST_Lambda>(in, start, accepted, body) : nullptr;
}

expr_ty end_of_named_expression(Reader& in, expr_ty expression_before, const Token* start) {
    if (!expression_before || in.kind != Kind::colon_equal)
        return expression_before;
    if (expression_before->kind != Name_kind || !in.only_one_since(start))
        return nullptr;
    in.advance();
    expr_ty value = expression(in);
    if (!value)
        return nullptr;
    expression_before->v.Name.ctx = Store;
    return node<_PyAST_NamedExpr>(in, start, expression_before, value);
}

expr_ty named_expression(Reader& in) {
    const Token* start = in.token;
    return end_of_named_expression(in, expression(in), start);
}

expr_ty star_named_expression(Reader& in) {
    return in.kind == Kind::star ? starred_operand(in) : named_expression(in);
}

expr_ty star_expression(Reader& in) {
    return in.kind == Kind::star ? starred_operand(in) : expression(in);
}

expr_ty end_of_tuple(Reader& in, const Token* start, expr_ty first, expr_ty (*rule)(Reader&),
                     expr_context_ty context, bool (*goes_on)(Kind)) {
    Collector items(in.first_scratch);
    if (!items.push(first))
        return nullptr;
    while (in.accept(Kind::comma) && goes_on(in.kind)) {
        expr_ty item = rule(in);
        if (!item || !items.push(item))
            return nullptr;
    }
    auto* sequence = items.take<asdl_expr_seq>(in.arena());
    return sequence ? node<_PyAST_Tuple>(in, start, sequence, context) : nullptr;
}

expr_ty star_expressions(Reader& in) {
    const Token* start = in.token;
    expr_ty first = star_expression(in);
    return first && in.kind == Kind::comma ? end_of_tuple(in, start, first, star_expression)
                                           : first;
}

expr_ty yield_expr(Reader& in) {
    const Token* start = in.token;
    in.advance();
    if (in.accept(Kind::from_)) {
        expr_ty iterable = expression(in);
        return iterable ? node<_PyAST_YieldFrom>(in, start, iterable) : nullptr;
    }
    expr_ty value = nullptr;
    if (begins_expression(in.kind) && !(value = star_expressions(in)))
        return nullptr;
    return node<_PyAST_Yield>(in, start, value);
}

expr_ty primary(Reader& in) {
    const Token* start = in.token;
    expr_ty value = atom(in);
    while (value) {
        switch (in.kind) {
        case Kind::dot: {
            in.advance();
            PyObject* name = name_identifier(in);
            value = name ? node<_PyAST_Attribute>(in, start, value, name, Load) : nullptr;
            break;
        }
        case Kind::left_parenthesis: {
            Arguments arguments;
            value =
                call_arguments(in, true, &arguments)
                    ? node<_PyAST_Call>(in, start, value, arguments.positional, arguments.keywords)
                    : nullptr;
            break;
        }
        case Kind::left_bracket: {
            in.advance();
            expr_ty index = slices(in);
            value = index && in.accept(Kind::right_bracket)
                        ? node<_PyAST_Subscript>(in, start, value, index, Load)
                        : nullptr;
            break;
        }
        default:
            return value;
        }
    }
    return nullptr;
}

}  // namespace stackless::parser
