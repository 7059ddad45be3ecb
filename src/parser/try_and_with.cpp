// `try` and `with`.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

/// `except` or, where all of them have to be, `except*`.
excepthandler_ty except_block(Reader& in, bool for_groups) {
    const Token* start = in.token;
    in.advance();
    if (in.accept(Kind::star) != for_groups)
        return nullptr;
    expr_ty type = nullptr;
    PyObject* name = nullptr;
    if (for_groups || in.kind != Kind::colon) {
        type = expression(in);
        if (!type)
            return nullptr;
        if (in.accept(Kind::as_) && !(name = name_identifier(in)))
            return nullptr;
    }
    asdl_stmt_seq* body = in.accept(Kind::colon) ? block(in) : nullptr;
    return body ? node<_PyAST_ExceptHandler>(in, start, type, name, body) : nullptr;
}

/// Whether the `except` at the mark has a star. The original, too, reads the token after it.
bool is_for_groups(Reader& in) {
    const int mark = in.state->mark;
    in.advance();
    const bool starred = in.kind == Kind::star;
    in.go_back(mark);
    return starred;
}

withitem_ty with_item(Reader& in) {
    expr_ty context = expression(in);
    if (!context)
        return nullptr;
    expr_ty target = nullptr;
    if (in.accept(Kind::as_) && !(target = star_target(in)))
        return nullptr;
    return _PyAST_withitem(context, target, in.arena());
}

bool with_items(Reader& in, Collector& items, Kind end) {
    do {
        if (items.size() && in.kind == end && end == Kind::right_parenthesis)
            break;
        withitem_ty item = with_item(in);
        if (!item || !items.push(item))
            return false;
    } while (in.accept(Kind::comma));
    return in.accept(end);
}

/// Items in parentheses of their own, up to the colon; null if the parenthesis belongs to an expression.
asdl_withitem_seq* parenthesized_with_items(Reader& in) {
    Collector items(in.first_scratch);
    in.advance();
    if (!with_items(in, items, Kind::right_parenthesis) || !in.accept(Kind::colon))
        return nullptr;
    return items.take<asdl_withitem_seq>(in.arena());
}

asdl_withitem_seq* all_with_items(Reader& in) {
    if (in.kind == Kind::left_parenthesis) {
        const int mark = in.state->mark;
        if (asdl_withitem_seq* items = parenthesized_with_items(in))
            return items;
        if (in.has_failed())
            return nullptr;
        in.go_back(mark);
    }
    Collector items(in.first_scratch);
    return with_items(in, items, Kind::colon) ? items.take<asdl_withitem_seq>(in.arena()) : nullptr;
}

}  // namespace

stmt_ty try_stmt(Reader& in) {
    const Token* start = in.token;
    in.advance();
    asdl_stmt_seq* body = in.accept(Kind::colon) ? block(in) : nullptr;
    if (!body)
        return nullptr;
    Collector handlers(in.first_scratch);
    const bool for_groups = in.kind == Kind::except_ && is_for_groups(in);
    while (in.kind == Kind::except_) {
        excepthandler_ty handler = except_block(in, for_groups);
        if (!handler || !handlers.push(handler))
            return nullptr;
    }
    asdl_stmt_seq* otherwise = nullptr;
    if (handlers.size() && !optional_block(in, Kind::else_, &otherwise))
        return nullptr;
    asdl_stmt_seq* at_end;
    if (!optional_block(in, Kind::finally_, &at_end) || (!handlers.size() && !at_end))
        return nullptr;
    asdl_excepthandler_seq* sequence;
    if (!handlers.take_if_any(in.arena(), &sequence))
        return nullptr;
    return for_groups ? node<_PyAST_TryStar>(in, start, body, sequence, otherwise, at_end)
                      : node<_PyAST_Try>(in, start, body, sequence, otherwise, at_end);
}

stmt_ty with_stmt(Reader& in, const Token* start, bool is_async) {
    in.advance();
    asdl_withitem_seq* items = all_with_items(in);
    asdl_stmt_seq* body = items ? block(in) : nullptr;
    if (!body)
        return nullptr;
    return is_async ? node<_PyAST_AsyncWith>(in, start, items, body, nullptr)
                    : node<_PyAST_With>(in, start, items, body, nullptr);
}

}  // namespace stackless::parser
