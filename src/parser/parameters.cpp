// The parameters of functions and of lambda expressions.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

class ParameterReader {
public:
    ParameterReader(Reader& in, Kind end, bool with_annotations)
        : in_(in),
          end_(end),
          with_annotations_(with_annotations),
          names_(in.first_scratch),
          defaults_(in.second_scratch) {}

    arguments_ty read() {
        while (in_.kind != end_) {
            if (keywords_ || !read_one())
                return nullptr;
            if (in_.kind != end_ && !in_.accept(Kind::comma))
                return nullptr;
        }
        return needs_name() ? nullptr : make();
    }

private:
    bool read_one() {
        switch (in_.kind) {
        case Kind::name:
            return read_named();
        case Kind::slash:
            return read_slash();
        case Kind::star:
            return read_star();
        case Kind::double_star:
            if (needs_name())
                return false;
            in_.advance();
            return (keywords_ = parameter(false));
        default:
            return false;
        }
    }

    /// Whether there is nothing yet behind a bare star.
    bool needs_name() const { return bare_star_ && names_.size() == star_at_; }

    bool read_named() {
        arg_ty name = parameter(false);
        if (!name || !names_.push(name))
            return false;
        expr_ty value = nullptr;
        if (in_.accept(Kind::equal) && !(value = expression(in_)))
            return false;
        if (star_at_ >= 0)
            return defaults_.push(value);
        if (!value)
            return defaults_.size() == 0;
        return defaults_.push(value);
    }

    bool read_slash() {
        if (slash_at_ >= 0 || star_at_ >= 0 || names_.size() == 0)
            return false;
        slash_at_ = names_.size();
        in_.advance();
        return true;
    }

    bool read_star() {
        if (star_at_ >= 0)
            return false;
        star_at_ = names_.size();
        defaults_before_star_ = defaults_.size();
        in_.advance();
        if (in_.kind == Kind::comma) {
            bare_star_ = true;
            return true;
        }
        return (rest_ = parameter(true));
    }

    /// A name with its annotation, which may be starred after `*`.
    arg_ty parameter(bool may_be_starred) {
        const Token* start = in_.token;
        PyObject* name = name_identifier(in_);
        if (!name)
            return nullptr;
        expr_ty annotation = nullptr;
        if (with_annotations_ && in_.accept(Kind::colon)) {
            annotation = may_be_starred ? star_expression(in_) : expression(in_);
            if (!annotation)
                return nullptr;
        }
        return node<_PyAST_arg>(in_, start, name, annotation, nullptr);
    }

    arguments_ty make() const {
        const Py_ssize_t positional_only = slash_at_ >= 0 ? slash_at_ : 0;
        const Py_ssize_t positional = star_at_ >= 0 ? star_at_ : names_.size();
        const Py_ssize_t positional_defaults =
            star_at_ >= 0 ? defaults_before_star_ : defaults_.size();
        PyArena* arena = in_.arena();
        auto* before_slash = names_.take<asdl_arg_seq>(0, positional_only, arena);
        auto* after_slash = names_.take<asdl_arg_seq>(positional_only, positional, arena);
        auto* keyword_only = names_.take<asdl_arg_seq>(positional, names_.size(), arena);
        auto* defaults = defaults_.take<asdl_expr_seq>(0, positional_defaults, arena);
        auto* keyword_defaults =
            defaults_.take<asdl_expr_seq>(positional_defaults, defaults_.size(), arena);
        if (!before_slash || !after_slash || !keyword_only || !defaults || !keyword_defaults)
            return nullptr;
        return _PyAST_arguments(before_slash, after_slash, rest_, keyword_only, keyword_defaults,
                                keywords_, defaults, arena);
    }

    Reader& in_;
    const Kind end_;
    const bool with_annotations_;
    // All but `*args` and `**kwargs`. There is a default, or null, for each after the star; before it, for the last ones.
    Collector names_;
    Collector defaults_;
    Py_ssize_t slash_at_ = -1;
    Py_ssize_t star_at_ = -1;
    Py_ssize_t defaults_before_star_ = 0;
    bool bare_star_ = false;
    arg_ty rest_ = nullptr;
    arg_ty keywords_ = nullptr;
};

}  // namespace

arguments_ty parameters(Reader& in, Kind end, bool with_annotations) {
    return ParameterReader(in, end, with_annotations).read();
}

}  // namespace stackless::parser
