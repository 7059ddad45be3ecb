// The kinds of tokens.
#pragma once

#include <cstdint>

#include "parser/layouts.hpp"

namespace stackless::parser {

/// CPython's types of tokens, and the keywords, whose types change from one version to the next.
enum class Kind : uint8_t {
    end_marker = ENDMARKER,
    name = NAME,
    number = NUMBER,
    string = STRING,
    newline = NEWLINE,
    indent = INDENT,
    dedent = DEDENT,
    left_parenthesis = LPAR,
    right_parenthesis = RPAR,
    left_bracket = LSQB,
    right_bracket = RSQB,
    colon = COLON,
    comma = COMMA,
    semicolon = SEMI,
    plus = PLUS,
    minus = MINUS,
    star = STAR,
    slash = SLASH,
    vertical_bar = VBAR,
    ampersand = AMPER,
    less = LESS,
    greater = GREATER,
    equal = EQUAL,
    dot = DOT,
    percent = PERCENT,
    left_brace = LBRACE,
    right_brace = RBRACE,
    equal_equal = EQEQUAL,
    not_equal = NOTEQUAL,
    less_equal = LESSEQUAL,
    greater_equal = GREATEREQUAL,
    tilde = TILDE,
    circumflex = CIRCUMFLEX,
    left_shift = LEFTSHIFT,
    right_shift = RIGHTSHIFT,
    double_star = DOUBLESTAR,
    plus_equal = PLUSEQUAL,
    minus_equal = MINEQUAL,
    star_equal = STAREQUAL,
    slash_equal = SLASHEQUAL,
    percent_equal = PERCENTEQUAL,
    ampersand_equal = AMPEREQUAL,
    vertical_bar_equal = VBAREQUAL,
    circumflex_equal = CIRCUMFLEXEQUAL,
    left_shift_equal = LEFTSHIFTEQUAL,
    right_shift_equal = RIGHTSHIFTEQUAL,
    double_star_equal = DOUBLESTAREQUAL,
    double_slash = DOUBLESLASH,
    double_slash_equal = DOUBLESLASHEQUAL,
    at = AT,
    at_equal = ATEQUAL,
    arrow = RARROW,
    ellipsis = ELLIPSIS,
    colon_equal = COLONEQUAL,
    await_ = AWAIT,
    async_ = ASYNC,
    other = OP,

    first_keyword = N_TOKENS,
    false_ = first_keyword,
    none_,
    true_,
    and_,
    as_,
    assert_,
    break_,
    class_,
    continue_,
    def_,
    del_,
    elif_,
    else_,
    except_,
    finally_,
    for_,
    from_,
    global_,
    if_,
    import_,
    in_,
    is_,
    lambda_,
    nonlocal_,
    not_,
    or_,
    pass_,
    raise_,
    return_,
    try_,
    while_,
    with_,
    yield_,

    failed,  // the tokenizer has: an exception is set
    count,
};

/// How many arrays of keywords there are: one for each length up to that of "continue" and "nonlocal".
inline constexpr int keyword_lists = 9;

/// The kind of each type of tokens.
const Kind* kinds_of_types();

/// Whether an expression, starred ones included, can begin with it.
bool begins_expression(Kind kind);

}  // namespace stackless::parser
