"""The functions and types of the Package API that know nothing of how classes and specs work.

``__all__`` is exactly what recipes get of them. The class model, directives, specs, versions and builders are added
to these names by ``outcrop.package`` itself.
"""

from __future__ import annotations

from os import environ as env
from typing import Dict, List, Optional  # noqa: UP035 - recipes import these names

from outcrop.package.builds.standalone import (
    cache_extra_test_sources,
    check_outputs,
    compare_output,
    compare_output_file,
    compile_c_and_execute,
    get_escaped_text_output,
    install_test_root,
    make_package_test_rpath,
    test_part,
)
from outcrop.package.builds.wrappers import filter_compiler_wrappers
from outcrop.package.errors import CompilerError, InstallError, NoHeadersError, NoLibrariesError, SkipTest, SpackError
from outcrop.package.filesystem.completion import bash_completion_path, fish_completion_path, zsh_completion_path
from outcrop.package.filesystem.elf import delete_needed_from_elf, delete_rpath, get_elf_compat, parse_elf
from outcrop.package.filesystem.filelists import FileList, HeaderList, LibraryList
from outcrop.package.filesystem.files import (
    ancestor,
    can_access,
    cd,
    force_remove,
    force_symlink,
    has_shebang,
    is_exe,
    join_path,
    keep_modification_time,
    makedirs,
    mkdir,
    mkdirp,
    move,
    path_contains_subdirectory,
    pwd,
    readlink,
    remove,
    remove_directory_contents,
    remove_linked_tree,
    removedirs,
    rename,
    rmtree,
    safe_remove,
    set_executable,
    set_install_permissions,
    symlink,
    touch,
    windows_sfn,
    working_dir,
)
from outcrop.package.filesystem.filtering import FileFilter, change_sed_delimiter, filter_file
from outcrop.package.filesystem.find import (
    find,
    find_all_headers,
    find_all_libraries,
    find_first,
    find_headers,
    find_libraries,
    find_required_file,
    find_system_libraries,
    library_extensions,
)
from outcrop.package.filesystem.prefix import Prefix
from outcrop.package.filesystem.searchpaths import get_cmake_prefix_path
from outcrop.package.filesystem.shebang import filter_shebang, sbang_install_path, sbang_shebang_line, spack_script
from outcrop.package.filesystem.systempaths import filter_system_paths, is_system_path
from outcrop.package.filesystem.trees import LinkTree, copy, copy_tree, install, install_tree
from outcrop.package.programs.elsewhere import (
    HKEY,
    LC_ID_DYLIB,
    MachO,
    WindowsRegistryView,
    fix_darwin_install_name,
    macos_version,
)
from outcrop.package.programs.environment import EnvironmentModifications
from outcrop.package.programs.environment_modules import get_path_args_from_module_line, module_command
from outcrop.package.programs.executable import Executable, MakeExecutable, ProcessError, which, which_string
from outcrop.package.programs.jobs import determine_number_of_jobs, get_effective_jobs
from outcrop.package.programs.sourcing import set_env
from outcrop.package.programs.talk import tty
from outcrop.package.remembering import dedupe, memoized
from outcrop.package.specs.linking import (
    CompilerPropertyDetector,
    compiler_spec,
    find_compilers,
    libc_from_dynamic_linker,
    parse_dynamic_linker,
)
from outcrop.package.specs.platforms import (
    get_user,
    host_platform,
    kernel_version,
    microarchitecture_flags,
    microarchitecture_flags_from_target,
    shared_library_suffix,
    static_library_suffix,
)
from outcrop.package.urls import join_url, substitute_version_in_url

all_deptypes = ("build", "link", "run", "test")
"""Every kind of dependency, as recipes name them."""

__all__ = [
    "CompilerError",
    "CompilerPropertyDetector",
    "Dict",
    "EnvironmentModifications",
    "Executable",
    "FileFilter",
    "FileList",
    "HKEY",
    "HeaderList",
    "InstallError",
    "LC_ID_DYLIB",
    "LibraryList",
    "LinkTree",
    "List",
    "MachO",
    "MakeExecutable",
    "NoHeadersError",
    "NoLibrariesError",
    "Optional",
    "Prefix",
    "ProcessError",
    "SkipTest",
    "SpackError",
    "WindowsRegistryView",
    "all_deptypes",
    "ancestor",
    "bash_completion_path",
    "cache_extra_test_sources",
    "can_access",
    "cd",
    "change_sed_delimiter",
    "check_outputs",
    "compare_output",
    "compare_output_file",
    "compile_c_and_execute",
    "compiler_spec",
    "copy",
    "copy_tree",
    "dedupe",
    "delete_needed_from_elf",
    "delete_rpath",
    "determine_number_of_jobs",
    "env",
    "filter_compiler_wrappers",
    "filter_file",
    "filter_shebang",
    "filter_system_paths",
    "find",
    "find_all_headers",
    "find_all_libraries",
    "find_compilers",
    "find_first",
    "find_headers",
    "find_libraries",
    "find_required_file",
    "find_system_libraries",
    "fish_completion_path",
    "fix_darwin_install_name",
    "force_remove",
    "force_symlink",
    "get_cmake_prefix_path",
    "get_effective_jobs",
    "get_elf_compat",
    "get_escaped_text_output",
    "get_path_args_from_module_line",
    "get_user",
    "has_shebang",
    "host_platform",
    "install",
    "install_test_root",
    "install_tree",
    "is_exe",
    "is_system_path",
    "join_path",
    "join_url",
    "keep_modification_time",
    "kernel_version",
    "libc_from_dynamic_linker",
    "library_extensions",
    "macos_version",
    "make_package_test_rpath",
    "makedirs",
    "memoized",
    "microarchitecture_flags",
    "microarchitecture_flags_from_target",
    "mkdir",
    "mkdirp",
    "module_command",
    "move",
    "parse_dynamic_linker",
    "parse_elf",
    "path_contains_subdirectory",
    "pwd",
    "readlink",
    "remove",
    "remove_directory_contents",
    "remove_linked_tree",
    "removedirs",
    "rename",
    "rmtree",
    "safe_remove",
    "sbang_install_path",
    "sbang_shebang_line",
    "set_env",
    "set_executable",
    "set_install_permissions",
    "shared_library_suffix",
    "spack_script",
    "static_library_suffix",
    "substitute_version_in_url",
    "symlink",
    "test_part",
    "touch",
    "tty",
    "which",
    "which_string",
    "windows_sfn",
    "working_dir",
    "zsh_completion_path",
]
