#include "cstack/symbols.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>

namespace stackless::cstack {

namespace {

std::string_view base_name(const char* path) {
    const std::string_view whole(path);
    return whole.substr(whole.rfind('/') + 1);
}

/// A function of the file that this code is in.
struct Function {
    uintptr_t begin;
    uint32_t size;
    uint32_t name;  // its place in the table of names
};

/// The file that this code is in, and its functions sorted by address: none if it has no symbol
/// table.
struct OwnFile {
    uintptr_t bias = 0;  // between addresses in the file and in memory
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char path[PATH_MAX] = "";
    const Function* functions = nullptr;
    size_t count = 0;
    const char* names = nullptr;

    bool contains(uintptr_t address) const { return address >= begin && address < end; }
};

OwnFile own_file;

// Who finds it unloaded loads it. A signal handler cannot wait, and does without if it comes in
// between.
enum class State : uint8_t { Unloaded, Loading, Loaded };
std::atomic<State> state = State::Unloaded;

/// For dl_iterate_phdr(): fills in where own_file lies, once its turn comes.
int find_own_file(dl_phdr_info* info, size_t, void*) {
    const auto here = reinterpret_cast<uintptr_t>(&find_own_file);
    uintptr_t begin = UINTPTR_MAX, end = 0;
    for (const ElfW(Phdr)* header = info->dlpi_phdr; header != info->dlpi_phdr + info->dlpi_phnum;
         header++) {
        if (header->p_type == PT_LOAD) {
            begin = std::min<uintptr_t>(begin, info->dlpi_addr + header->p_vaddr);
            end = std::max<uintptr_t>(end, info->dlpi_addr + header->p_vaddr + header->p_memsz);
        }
    }
    if (here < begin || here >= end)
        return 0;
    own_file.bias = info->dlpi_addr;
    own_file.begin = begin;
    own_file.end = end;
    const std::string_view path(info->dlpi_name);
    if (path.size() < sizeof own_file.path) {
        std::copy(path.begin(), path.end(), own_file.path);
    }
    return 1;
}

/// A mapped file, for reading. It is never unmapped.
struct MappedFile {
    const char* data = nullptr;
    size_t size = 0;

    explicit MappedFile(const char* path) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return;
        struct stat status;
        if (fstat(fd, &status) == 0 && status.st_size > 0) {
            void* mapped = mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
            if (mapped != MAP_FAILED) {
                data = static_cast<const char*>(mapped);
                size = static_cast<size_t>(status.st_size);
            }
        }
        close(fd);
    }

    /// `count` objects at this place, or null if the file does not have them.
    template <class T>
    const T* at(size_t offset, size_t count) const {
        if (offset > size || count > (size - offset) / sizeof(T))
            return nullptr;
        return reinterpret_cast<const T*>(data + offset);
    }
};

bool is_function(const ElfW(Sym) & symbol) {
    return ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF &&
           symbol.st_size != 0;
}

/// Sorts the functions of a symbol table into memory of their own.
void index_functions(const ElfW(Sym) * symbols, size_t count) {
    const auto functions =
        static_cast<size_t>(std::count_if(symbols, symbols + count, is_function));
    void* memory = mmap(nullptr, std::max<size_t>(functions, 1) * sizeof(Function),
                        PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    auto* index = static_cast<Function*>(memory);
    Function* next = index;
    for (size_t i = 0; i < count; i++) {
        if (is_function(symbols[i])) {
            *next++ = {own_file.bias + symbols[i].st_value,
                       static_cast<uint32_t>(symbols[i].st_size), symbols[i].st_name};
        }
    }
    std::sort(index, next, [](const Function& a, const Function& b) { return a.begin < b.begin; });
    own_file.functions = index;
    own_file.count = functions;
}

void read_symbol_table(const MappedFile& file) {
    const auto* header = file.at<ElfW(Ehdr)>(0, 1);
    const auto* sections =
        header == nullptr ? nullptr : file.at<ElfW(Shdr)>(header->e_shoff, header->e_shnum);
    if (sections == nullptr)
        return;
    for (const ElfW(Shdr)* table = sections; table != sections + header->e_shnum; table++) {
        if (table->sh_type != SHT_SYMTAB || table->sh_link >= header->e_shnum)
            continue;
        const ElfW(Shdr)& strings = sections[table->sh_link];
        const size_t count = table->sh_size / sizeof(ElfW(Sym));
        const auto* symbols = file.at<ElfW(Sym)>(table->sh_offset, count);
        own_file.names = file.at<char>(strings.sh_offset, strings.sh_size);
        if (symbols != nullptr && own_file.names != nullptr) {
            index_functions(symbols, count);
        }
        return;
    }
}

/// The function of own_file that the address is in, or null.
const Function* find_function(uintptr_t address) {
    const Function* end = own_file.functions + own_file.count;
    const Function* after =
        std::upper_bound(own_file.functions, end, address,
                         [](uintptr_t value, const Function& item) { return value < item.begin; });
    if (after == own_file.functions || address - after[-1].begin >= after[-1].size)
        return nullptr;
    return after - 1;
}

std::string_view without_suffix(std::string_view name) {
    return name.substr(0, name.find('.'));
}

}  // namespace

void load_symbols() {
    State expected = State::Unloaded;
    if (!state.compare_exchange_strong(expected, State::Loading))
        return;
    dl_iterate_phdr(find_own_file, nullptr);
    // The program itself has no name there.
    const bool is_program = own_file.path[0] == '\0';
    if (is_program) {
        const ssize_t length = readlink("/proc/self/exe", own_file.path, sizeof own_file.path - 1);
        own_file.path[std::max<ssize_t>(length, 0)] = '\0';
    }
    const MappedFile file(is_program ? "/proc/self/exe" : own_file.path);
    if (file.data != nullptr) {
        read_symbol_table(file);
    }
    state = State::Loaded;
}

Symbol find_symbol(uintptr_t address) {
    load_symbols();
    const bool is_own = state == State::Loaded && own_file.contains(address);
    Symbol symbol{{}, {}, address};
    if (is_own) {
        symbol.file = base_name(own_file.path);
        symbol.offset = address - own_file.begin;
        if (const Function* function = find_function(address)) {
            symbol.function = without_suffix(own_file.names + function->name);
            return symbol;
        }
    }
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(address), &info) != 0) {
        if (!is_own && info.dli_fname != nullptr) {
            symbol.file = base_name(info.dli_fname);
            symbol.offset = address - reinterpret_cast<uintptr_t>(info.dli_fbase);
        }
        if (info.dli_sname != nullptr) {
            symbol.function = without_suffix(info.dli_sname);
        }
    }
    return symbol;
}

namespace {

constexpr std::string_view anonymous_namespace = "_GLOBAL__N_1";

/// Takes one part, a number and as many characters, off the front of a mangled name. Empty if there
/// is none.
std::string_view take_part(std::string_view& mangled) {
    size_t length = 0, digits = 0;
    while (digits < mangled.size() && mangled[digits] >= '0' && mangled[digits] <= '9') {
        length = length * 10 + static_cast<size_t>(mangled[digits++] - '0');
    }
    if (length > mangled.size() - digits)
        return {};
    const std::string_view part = mangled.substr(digits, length);
    mangled.remove_prefix(digits + length);
    return part == anonymous_namespace ? "(anonymous namespace)" : part;
}

}  // namespace

size_t demangle_simple(std::string_view function, char* text, size_t size) {
    size_t length = 0;
    const auto append = [&](std::string_view part) {
        part = part.substr(0, size - length);
        std::copy(part.begin(), part.end(), text + length);
        length += part.size();
    };
    // N begins a nested name, up to an E, and L marks what is static.
    std::string_view rest = function;
    const bool nested = rest.starts_with("_ZN");
    if (nested || rest.starts_with("_ZL")) {
        rest.remove_prefix(rest.starts_with("_ZNK") ? 4 : 3);
        for (std::string_view part = take_part(rest); !part.empty(); part = take_part(rest)) {
            append(length == 0 ? "" : "::");
            append(part);
            if (!nested)
                return length;
            rest.remove_prefix(rest.starts_with('L') ? 1 : 0);
        }
        if (length != 0 && rest.starts_with('E'))
            return length;
    }
    length = 0;
    append(function);
    return length;
}

namespace {

/// Whether it is in a namespace, or in one within; `mangled` is the name of that in a mangled name.
bool is_in_namespace(std::string_view function, std::string_view mangled) {
    if (!function.starts_with("_Z"))
        return false;
    // Before the namespace stand letters for: nested name, const, local to a function, static.
    const size_t first = std::min(function.find_first_not_of("ZNKL", 2), function.size());
    return function.substr(first).starts_with(mangled);
}

}  // namespace

bool is_loop_function(std::string_view function) {
    // These three take the place of libpython's.
    return is_in_namespace(function, "9stackless4eval") || function == "_PyEval_EvalFrameDefault" ||
           function == "PyEval_EvalFrame" || function == "PyEval_EvalFrameEx";
}

bool is_own_function(std::string_view function) {
    // The linker puts some in front of libpython's.
    return is_loop_function(function) || is_in_namespace(function, "9stackless") ||
           function.starts_with("__wrap_");
}

}  // namespace stackless::cstack
