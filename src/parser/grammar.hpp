// The rules of the grammar (the Python Language Reference's "Full Grammar specification"), which read what they are named
// after from the current token on.
//
// Each returns null where the tokens do not match, or with an exception set: the caller can tell, but has no reason to.
// A rule that has failed has moved the reader; the few that have an alternative go back.
#pragma once

#include "parser/reader.hpp"

namespace stackless::parser {

// Expressions.
expr_ty star_expressions(Reader& in);
expr_ty star_expression(Reader& in);
expr_ty star_named_expression(Reader& in);
expr_ty named_expression(Reader& in);
expr_ty expression(Reader& in);
expr_ty disjunction(Reader& in);
expr_ty bitwise_or(Reader& in);
expr_ty primary(Reader& in);
expr_ty atom(Reader& in);
expr_ty yield_expr(Reader& in);
expr_ty lambdef(Reader& in);
/// What comes after `expression`, begun at `start`, if it turns out to be the name before `:=`. The expression itself if
/// there is none.
expr_ty end_of_named_expression(Reader& in, expr_ty expression, const Token* start);
/// A tuple without parentheses: `first`, begun at `start`, and what `rule` reads after each comma, while the token behind
/// the comma goes on with it.
expr_ty end_of_tuple(Reader& in, const Token* start, expr_ty first, expr_ty (*rule)(Reader&),
                     expr_context_ty context = Load, bool (*goes_on)(Kind) = begins_expression);
/// `for ... in ... if ...`, once or more.
asdl_comprehension_seq* for_if_clauses(Reader& in);
bool begins_for_if_clause(Kind kind);

/// The current token as an interned string, consumed; null without an exception if it is not a NAME.
PyObject* name_identifier(Reader& in);

/// Groups, tuples, lists, sets, dicts and comprehensions, from their opening token on.
expr_ty parenthesized_atom(Reader& in);
expr_ty list_atom(Reader& in);
expr_ty brace_atom(Reader& in);

/// What a call has between its parentheses.
struct Arguments {
    asdl_expr_seq* positional = nullptr;
    asdl_keyword_seq* keywords = nullptr;
};
/// The parentheses and what is in them. A call, but not a class, may have a generator expression without its own.
bool call_arguments(Reader& in, bool allows_generator, Arguments* arguments);
expr_ty slices(Reader& in);

/// Up to the token `end`, which is not consumed. Annotations are for functions only.
arguments_ty parameters(Reader& in, Kind end, bool with_annotations);

// Targets.
/// Makes an expression that has been read, and everything in it, a target of an assignment or `del`; false if it cannot
/// be one.
bool make_target(expr_ty expression, expr_context_ty context);
/// The same for the targets of augmented and annotated assignments.
bool make_single_target(expr_ty expression);
expr_ty star_targets(Reader& in);
expr_ty star_target(Reader& in);
asdl_expr_seq* del_targets(Reader& in);

// Statements.
asdl_stmt_seq* statements(Reader& in, Kind end);
/// One line. Its statements go to `body`.
bool simple_stmts(Reader& in, Collector& body);
/// The same up to the end of the line, which is not consumed.
bool simple_statements_before_newline(Reader& in, Collector& body);
/// The compound statement that begins here, if one does: null if it is wrong. Else `simple` is set.
stmt_ty compound_stmt_if_any(Reader& in, bool* simple);
stmt_ty import_name(Reader& in);
stmt_ty import_from(Reader& in);
/// What comes after the colon of a compound statement.
asdl_stmt_seq* block(Reader& in);
/// The keyword, a colon and a block, if the keyword is there. False if the others are wrong.
bool optional_block(Reader& in, Kind keyword, asdl_stmt_seq** body);
stmt_ty try_stmt(Reader& in);
stmt_ty with_stmt(Reader& in, const Token* start, bool is_async);
/// From the soft keyword on. If it turns out to be a name, the reader is where it was.
stmt_ty match_stmt(Reader& in);
bool is_at_match_keyword(const Reader& in);

}  // namespace stackless::parser
