"""Languages by the names of files: Linguist's names and, in essence, its table (MIT licence).

One line a language: name | extensions | file names | interpreters.
"""

_TABLE = """
Ada|adb ads ada||
Agda|agda||
ANTLR|g4||
Apache Conf|apacheconf vhost|.htaccess httpd.conf apache2.conf|
AppleScript|applescript scpt||osascript
AsciiDoc|asciidoc adoc||
Assembly|asm s nasm||
Astro|astro||
Awk|awk auk gawk mawk||awk gawk mawk nawk
Batchfile|bat cmd||
BibTeX|bib bibtex||
Bicep|bicep||
BitBake|bb bbclass||
Blade|blade||
C|c h idc cats||tcc
C#|cs csx cake||
C++|cpp cc cxx c++ hpp hh hxx h++ ipp tcc tpp ixx||
CMake|cmake|CMakeLists.txt|
COBOL|cob cbl cobol cpy||
CSS|css||
CSV|csv||
Cap'n Proto|capnp||
Clojure|clj cljs cljc cljx edn bb|riemann.config|bb
CoffeeScript|coffee cson iced|Cakefile|coffee
Common Lisp|lisp lsp asd cl||sbcl ccl clisp ecl
Coq|coq||
Crystal|cr||crystal
Cuda|cu cuh||
Cython|pyx pxd pxi||
D|d di||rdmd
Dart|dart||dart
Diff|diff patch||
Dockerfile|dockerfile containerfile|Dockerfile Containerfile|
Dotenv|env|.env .env.example .env.sample|
EditorConfig|editorconfig|.editorconfig|
Elixir|ex exs|mix.lock|elixir
Elm|elm||
Emacs Lisp|el emacs|.emacs|
Erlang|erl hrl escript xrl yrl|rebar.config Emakefile|escript
F#|fs fsi fsx||
Fish|fish||fish
Fortran|f f77 for fpp||
Fortran Free Form|f90 f95 f03 f08||
GLSL|glsl vert frag geom comp tesc tese||
Gettext Catalog|po pot||
Gherkin|feature||
Git Attributes||.gitattributes|
Git Config|gitconfig|.gitconfig .gitmodules|
Go|go||
Go Checksums||go.sum go.work.sum|
Go Module||go.mod|
Gradle|gradle||
GraphQL|graphql gql graphqls||
Groovy|groovy grt gvy gsh|Jenkinsfile|groovy
HCL|hcl tf tfvars nomad||
HLSL|hlsl fx fxh hlsli||
HTML|html htm xht xhtml hta||
HTML+ERB|erb rhtml||
Haml|haml||
Handlebars|handlebars hbs||
Haskell|hs hs-boot hsc||runghc runhaskell
Haxe|hx hxsl||
INI|ini cfg cnf prefs properties.in|.flake8 .pylintrc .coveragerc .npmrc .pypirc|
Ignore List|gitignore|.gitignore .dockerignore .npmignore .eslintignore .prettierignore|
Idris|idr lidr||
JSON|json geojson jsonl webmanifest topojson avsc har mcmeta ipynb_checkpoint|.jshintrc \
composer.lock Pipfile.lock .babelrc|
JSON with Comments|jsonc code-workspace|tsconfig.json jsconfig.json .eslintrc.json|
JSON5|json5||
Java|java jav jsh||
Java Properties|properties||
Java Server Pages|jsp tag||
JavaScript|js mjs cjs jsx es6 jsm|Jakefile|node nodejs deno bun qjs
Jinja|jinja jinja2 j2||
Jsonnet|jsonnet libsonnet||
Julia|jl||julia
Jupyter Notebook|ipynb||
Kotlin|kt kts ktm||kotlin
LLVM|ll||
Lean|lean||
Less|less||
Lex|l lex||
Linker Script|ld lds||
Liquid|liquid||
Lua|lua nse rockspec wlua|.luacheckrc|lua luajit
M4|m4||
MATLAB|matlab||
Makefile|mk mak make|Makefile makefile GNUmakefile Makefile.am Makefile.in|make
Mako|mako mao||
Markdown|md markdown mdown mkd mkdn mdwn|contents.lr|
Mathematica|wl nb wls mathematica||
MDX|mdx||
Mermaid|mmd mermaid||
Meson||meson.build meson_options.txt|
Mojo|mojo||
Mustache|mustache||
NSIS|nsi nsh||
Nginx|nginx nginxconf|nginx.conf|
Nim|nim nimble nims||
Ninja|ninja||
Nix|nix||
Nushell|nu||nu
OCaml|ml mli mll mly eliom|dune dune-project|ocaml ocamlrun
Objective-C|m||
Objective-C++|mm||
OpenCL|cl_kernel opencl||
OpenSCAD|scad||
Org|org||
PHP|php php3 php4 php5 phtml inc ctp|.php|php
PLpgSQL|pgsql plsql||
Pascal|pas pp lpr dpr dfm||
Perl|pl pm t perl psgi ph|Makefile.PL cpanfile|perl
Pip Requirements||requirements.txt requirements-dev.txt|
PostScript|ps eps||
PowerShell|ps1 psd1 psm1||pwsh
Prolog|prolog pro yap||swipl
Protocol Buffer|proto||
Pug|pug jade||
Puppet|epp|Puppetfile|
PureScript|purs||
Python|py pyi pyw pyt gyp gypi wsgi xsh|SConstruct SConscript wscript DEPS BUCK|\
python python2 python3 pypy pypy3 uv
QML|qml qbs||
R|r rd rsx|.Rprofile|Rscript
RDoc|rdoc||
RMarkdown|rmd qmd||
Racket|rkt rktd rktl scrbl||racket
Raku|raku rakumod p6 pm6||raku perl6
ReScript|res resi||
Rich Text Format|rtf||
Ruby|rb rake gemspec ru rbw podspec jbuilder|Gemfile Rakefile Podfile Vagrantfile Fastfile \
Guardfile|ruby jruby
Rust|rs||rust-script
SCSS|scss||
SQL|sql ddl dml||
SVG|svg||
Sass|sass||
Scala|scala sbt sc kojo||scala
Scheme|scm sld sls sps ss||guile scheme
Shell|sh bash zsh ksh bats command tmux tool|.bashrc .bash_profile .profile .zshrc .bash_aliases \
PKGBUILD APKBUILD gradlew configure|bash sh zsh dash ksh ash
Slim|slim||
Smalltalk|st||gst
Smarty|tpl||
Solidity|sol||
Standard ML|sml sig fun||
Starlark|bzl star bazel|BUILD BUILD.bazel WORKSPACE Tiltfile|
Stylus|styl||
Svelte|svelte||
Swift|swift||swift
SystemVerilog|sv svh vh||
TLA|tla||
TOML|toml|Cargo.lock poetry.lock uv.lock Pipfile pdm.lock|
TSV|tsv tab_separated||
TSX|tsx||
Tcl|tcl tm adp||tclsh wish
TeX|tex sty cls ltx dtx ins aux toc lbx bbx||
Text|txt text|LICENSE LICENCE COPYING README AUTHORS NOTICE CHANGELOG CONTRIBUTORS INSTALL NEWS \
THANKS UNLICENSE py.typed|
Thrift|thrift||
Turtle|ttl||
Twig|twig||
TypeScript|ts mts cts||ts-node tsx
TypeSpec|tsp||
Typst|typ||
V|vv||
VHDL|vhd vhdl vho||
Vala|vala vapi||
Verilog|v veo||
Vim Script|vim vimrc|.vimrc|
Visual Basic .NET|vb vbhtml||
Vue|vue||
WebAssembly|wat wast||
WebVTT|vtt||
WGSL|wgsl||
Windows Registry Entries|reg||
XML|xml xsd wsdl rng plist xmi xul kml gml csproj vcxproj vbproj fsproj props targets resx xaml \
storyboard xib iml pom nuspec dita rdf xliff xlf gir|.classpath .project|
XSLT|xslt xsl||
YAML|yml yaml mir reek sublime-syntax|.clang-format .clang-tidy .gemrc yarn.lock \
CITATION.cff|
Yacc|y yacc yy||
Zig|zig zon||
reStructuredText|rst rest||
robots.txt||robots.txt|
""".replace("\\\n", "")

EXTENSIONS: dict[str, str] = {}
FILENAMES: dict[str, str] = {}
INTERPRETERS: dict[str, str] = {}

for _line in _TABLE.strip().splitlines():
    _name, *_keys = _line.split("|")
    for _kind, _listed in zip((EXTENSIONS, FILENAMES, INTERPRETERS), _keys, strict=True):
        for _key in _listed.split():
            _kind.setdefault(_key, _name)
