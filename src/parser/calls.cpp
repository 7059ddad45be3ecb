// What calls and subscripts have in their brackets.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

bool add_keyword(Reader& in, Collector& keywords, const Token* start, PyObject* name) {
    in.advance();
    expr_ty value = expression(in);
    if (!value)
        return false;
    keyword_ty keyword = node<_PyAST_keyword>(in, start, name, value);
    return keyword && keywords.push(keyword);
}

expr_ty starred_argument(Reader& in) {
    const Token* start = in.token;
    in.advance();
    expr_ty unpacked = expression(in);
    return unpacked ? node<_PyAST_Starred>(in, start, unpacked, Load) : nullptr;
}

/// Reads the arguments of a call one by one.
class ArgumentReader {
public:
    ArgumentReader(Reader& in, const Token* opening, bool allows_generator)
        : in_(in),
          opening_(opening),
          allows_generator_(allows_generator),
          positional_(in.first_scratch),
          keywords_(in.second_scratch) {}

    /// All, and the closing parenthesis.
    bool read() {
        for (;;) {
            if (in_.accept(Kind::right_parenthesis))
                return true;
            if (!read_one())
                return false;
            if (in_.accept(Kind::right_parenthesis))
                return true;
            if (!in_.accept(Kind::comma))
                return false;
        }
    }

    bool take(Arguments* arguments) const {
        return positional_.take_if_any(in_.arena(), &arguments->positional) &&
               keywords_.take_if_any(in_.arena(), &arguments->keywords);
    }

private:
    bool read_one() {
        const Token* start = in_.token;
        if (in_.kind == Kind::double_star) {
            unpacks_dict_ = true;
            return add_keyword(in_, keywords_, start, nullptr);
        }
        if (in_.kind == Kind::star)
            return !unpacks_dict_ && add_positional(starred_argument(in_));
        // The original does not look at positional arguments behind keywords, whose strings it would warn of.
        if (keywords_.size()) {
            PyObject* name = name_identifier(in_);
            return name && in_.kind == Kind::equal && add_keyword(in_, keywords_, start, name);
        }
        expr_ty value = expression(in_);
        if (!value)
            return false;
        if (in_.kind == Kind::equal)
            return value->kind == Name_kind && in_.only_one_since(start) &&
                   add_keyword(in_, keywords_, start, value->v.Name.id);
        value = end_of_named_expression(in_, value, start);
        if (value && begins_for_if_clause(in_.kind))
            return generator(value);
        return add_positional(value);
    }

    /// The only argument, in the parentheses of the call.
    bool generator(expr_ty element) {
        if (!allows_generator_ || positional_.size())
            return false;
        asdl_comprehension_seq* clauses = for_if_clauses(in_);
        if (!clauses || in_.kind != Kind::right_parenthesis)
            return false;
        return add_positional(_PyAST_GeneratorExp(element, clauses, opening_->lineno,
                                                  opening_->col_offset, in_.token->end_lineno,
                                                  in_.token->end_col_offset, in_.arena()));
    }

    bool add_positional(expr_ty value) { return value && positional_.push(value); }

    Reader& in_;
    const Token* opening_;
    bool allows_generator_;
    bool unpacks_dict_ = false;  // `*` cannot come any more
    Collector positional_;
    Collector keywords_;
};

/// Whether a bound of a slice is left out.
bool ends_bound(Kind kind) {
    return kind == Kind::colon || kind == Kind::comma || kind == Kind::right_bracket;
}

bool optional_bound(Reader& in, expr_ty* bound) {
    return ends_bound(in.kind) || (*bound = expression(in));
}

/// What follows the first colon of a slice, that included.
expr_ty end_of_slice(Reader& in, const Token* start, expr_ty lower) {
    in.advance();
    expr_ty upper = nullptr;
    expr_ty step = nullptr;
    if (!optional_bound(in, &upper))
        return nullptr;
    if (in.accept(Kind::colon) && !optional_bound(in, &step))
        return nullptr;
    return node<_PyAST_Slice>(in, start, lower, upper, step);
}

expr_ty slice(Reader& in) {
    const Token* start = in.token;
    if (in.kind == Kind::colon)
        return end_of_slice(in, start, nullptr);
    expr_ty value = expression(in);
    if (value && in.kind == Kind::colon)
        return end_of_slice(in, start, value);
    return end_of_named_expression(in, value, start);
}

expr_ty slice_or_starred(Reader& in) {
    return in.kind == Kind::star ? starred_argument(in) : slice(in);
}

}  // namespace

bool call_arguments(Reader& in, bool allows_generator, Arguments* arguments) {
    const Token* opening = in.token;
    in.advance();
    if (in.accept(Kind::right_parenthesis))
        return true;
    if (in.kind == Kind::comma)
        return false;
    ArgumentReader reader(in, opening, allows_generator);
    return reader.read() && reader.take(arguments);
}

expr_ty slices(Reader& in) {
    const Token* start = in.token;
    const bool starred = in.kind == Kind::star;
    expr_ty first = slice_or_starred(in);
    if (!first || (in.kind != Kind::comma && !starred))
        return first;
    return end_of_tuple(in, start, first, slice_or_starred, Load,
                        [](Kind kind) { return kind != Kind::right_bracket; });
}

}  // namespace stackless::parser
