// `import` and `from ... import`.
#include "parser/grammar.hpp"

namespace stackless::parser {
namespace {

/// A name, possibly with dots: "os.path".
PyObject* dotted_name(Reader& in) {
    const Token* start = in.token;
    PyObject* name = name_identifier(in);
    if (!name || in.kind != Kind::dot)
        return name;
    expr_ty joined = node<_PyAST_Name>(in, start, name, Load);
    while (joined && in.accept(Kind::dot)) {
        const Token* part_start = in.token;
        PyObject* part = name_identifier(in);
        expr_ty part_name = part ? node<_PyAST_Name>(in, part_start, part, Load) : nullptr;
        joined = part_name ? _PyPegen_join_names_with_dot(in.state, joined, part_name) : nullptr;
    }
    return joined ? joined->v.Name.id : nullptr;
}

/// What is imported, read by `rule`, and the name that it gets.
alias_ty alias(Reader& in, PyObject* (*rule)(Reader&)) {
    const Token* start = in.token;
    PyObject* name = rule(in);
    if (!name)
        return nullptr;
    PyObject* as_name = nullptr;
    if (in.accept(Kind::as_) && !(as_name = name_identifier(in)))
        return nullptr;
    return node<_PyAST_alias>(in, start, name, as_name);
}

asdl_alias_seq* star_alias(Reader& in) {
    const Token* start = in.token;
    in.advance();
    Collector aliases(in.first_scratch);
    alias_ty all = _PyPegen_alias_for_star(in.state, start->lineno, start->col_offset,
                                           start->end_lineno, start->end_col_offset, in.arena());
    return all && aliases.push(all) ? aliases.take<asdl_alias_seq>(in.arena()) : nullptr;
}

asdl_alias_seq* import_from_targets(Reader& in) {
    if (in.kind == Kind::star)
        return star_alias(in);
    const bool parenthesized = in.accept(Kind::left_parenthesis);
    Collector aliases(in.first_scratch);
    do {
        // A comma at the end is for parentheses only.
        if (parenthesized && aliases.size() && in.kind == Kind::right_parenthesis)
            break;
        alias_ty name = alias(in, name_identifier);
        if (!name || !aliases.push(name))
            return nullptr;
    } while (in.accept(Kind::comma));
    if (parenthesized && !in.accept(Kind::right_parenthesis))
        return nullptr;
    return aliases.take<asdl_alias_seq>(in.arena());
}

}  // namespace

stmt_ty import_name(Reader& in) {
    const Token* start = in.token;
    in.advance();
    Collector aliases(in.first_scratch);
    do {
        alias_ty name = alias(in, dotted_name);
        if (!name || !aliases.push(name))
            return nullptr;
    } while (in.accept(Kind::comma));
    auto* sequence = aliases.take<asdl_alias_seq>(in.arena());
    return sequence ? node<_PyAST_Import>(in, start, sequence) : nullptr;
}

stmt_ty import_from(Reader& in) {
    const Token* start = in.token;
    in.advance();
    int level = 0;
    for (;;) {
        if (in.accept(Kind::dot))
            level += 1;
        else if (in.accept(Kind::ellipsis))
            level += 3;
        else
            break;
    }
    PyObject* module = nullptr;
    if ((in.kind != Kind::import_ || level == 0) && !(module = dotted_name(in)))
        return nullptr;
    if (!in.accept(Kind::import_))
        return nullptr;
    asdl_alias_seq* names = import_from_targets(in);
    return names ? node<_PyAST_ImportFrom>(in, start, module, names, level) : nullptr;
}

}  // namespace stackless::parser
