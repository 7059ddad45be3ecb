#include "module/preparation.hpp"

#include "cpython/bytes_construction.hpp"
#include "cpython/dict_comparison.hpp"
#include "cpython/dict_construction.hpp"
#include "cpython/formatting.hpp"
#include "cpython/ints.hpp"
#include "cpython/mapping.hpp"
#include "cpython/python.hpp"
#include "cpython/searching.hpp"
#include "cpython/sorting.hpp"
#include "cpython/splitting.hpp"
#include "cpython/traversal.hpp"
#include "eval/containers.hpp"
#include "eval/generators.hpp"
#include "eval/redirects.hpp"
#include "module/module.hpp"
#include "module/package.hpp"

namespace stackless {

bool prepare_process() {
    eval::install_redirects();
    eval::adapt_generators();
    eval::adapt_containers();
    adapt_formatting();
    adapt_ints();
    adapt_traversal();
    adapt_sorting();
    adapt_searching();
    adapt_dict_construction();
    adapt_bytes_construction();
    adapt_dict_comparison();
    adapt_mapping();
    adapt_splitting();
    return PyImport_AppendInittab("_stackless", PyInit__stackless) == 0 &&
           PyImport_AppendInittab("stackless", PyInit_stackless) == 0;
}

}  // namespace stackless
