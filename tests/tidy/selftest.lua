-- SPDX-License-Identifier: Apache-2.0
-- The rules' own test: each snippet is a whole file that must draw exactly the findings named, "RULE:LINE" each.

local selftest = {}

local C = "/* SPDX-License-Identifier: Apache-2.0 */\n/* What this file is for. */\n" -- code begins in line 3
local H = C .. "#pragma once\n"
local LUA = "-- SPDX-License-Identifier: Apache-2.0\n-- What this file is for.\n"

local function rep(text, count) return text:rep(count) end

local function fn(head, lines) return head .. "\n{\n" .. rep("    x();\n", lines) .. "}\n" end

local cases = {
  -- layering
  { "core/base/a.c", C .. '#include "domain/plan.h"\n', "layering:3" },
  { "core/domain/a.c", C .. '#include "base/err.h"\n#include <exitbrain/types.h>\n', "" },
  { "core/domain/a.c", C .. '#include "engine/step.h"\n', "layering:3" },
  { "core/engine/a.c", C .. '#include "policy/host.h"\n', "layering:3" },
  { "core/venue/sim/a.c", C .. '#include "venue/venue.h"\n#include "feed/walk.h"\n', "" },
  { "core/venue/sim/a.c", C .. '#include "net/loop.h"\n', "layering:3" },
  { "core/host/a.c", C .. '#include "feed/walk.h"\n', "layering:3" },
  { "core/engine/a.c", C .. '#include "generated/version.h"\n', "layering:3" },
  { "core/app/a.c", C .. '#include "generated/version.h"\n', "" },
  { "core/app/a.c", C .. '#include "status.h"\n', "layering:3" },
  { "core/engine/a.c", C .. "#include <lua.h>\n", "layering:3" },
  { "core/policy/a.c", C .. "#include <lua.h>\n", "" },
  { "core/host/a.c", C .. "#include <lua.h>\n", "layering:3" },
  { "core/domain/a.c", C .. "#include <math.h>\n", "layering:3" },
  { "core/engine/a.c", C .. "#include <time.h>\n", "layering:3" },
  { "core/odd/a.c", C .. '#include "base/err.h"\n', "layering:3" },
  { "include/exitbrain/a.h", H .. '#include "engine/step.h"\n', "layering:4" },
  { "examples/embed/a.c", C .. '#include "engine/step.h"\n', "layering:3" },
  { "core/base/a.c", C .. '/* #include "domain/plan.h" */\n', "" },
  { "core/base/a.c", C .. '#include "base/err.h"\n', "own-header-first:3", { ["core/base/a.h"] = H } },
  { "core/base/a.c", C .. '#include "base/a.h"\n#include "base/err.h"\n', "", { ["core/base/a.h"] = H } },
  -- size
  { "core/base/a.c", C .. rep("\n", 597), "" },
  { "core/base/a.c", C .. rep("\n", 598), "file-length:1" },
  { "policies/init.lua", LUA .. rep("\n", 119), "file-length:1" },
  { "core/base/a.c", C .. fn("int eb_f(void)", 66), "" },
  { "core/base/a.c", C .. fn("int eb_f(void)", 67), "function-length:3" },
  { "core/base/a.c", C .. "int eb_f(int a,\n         int b)\n{\n" .. rep("\n", 66) .. "}\n", "function-length:3" },
  { "core/base/a.c", C .. "/* " .. rep("x", 114) .. " */\n", "" },
  { "core/base/a.c", C .. "/* " .. rep("x", 115) .. " */\n", "line-length:3" },
  { "core/base/a.c", C .. "/* " .. rep("é", 114) .. " */\n", "" },
  { "notes.txt", rep("x", 256 * 1024 + 1), "file-size:1" },
  -- calls
  { "core/app/a.c", C .. "int x = sprintf(b, f);\n", "banned-call:3" },
  { "core/app/a.c", C .. "int x = snprintf(b, n, f); int y = eb_sprintf(b);\n", "" },
  { "core/app/a.c", C .. 'const char *x = "sprintf("; /* strcpy(a, b) */ // atoi(x)\n', "" },
  { "core/app/a.c", C .. "char c = '\"'; int x = atoi(s); char d = '\"';\n", "banned-call:3" },
  { "core/base/a.c", C .. "int x = assert(1);\n", "banned-call:3" },
  { "core/base/a.c", C .. "int x = EB_ASSERT(1);\nstatic_assert(1, \"\");\n", "" },
  { "core/base/a.c", C .. "int x = strcpy(a, b); /* tidy-ok: b is a literal */\n", "" },
  { "core/base/a.c", C .. "/* tidy-ok: b is a literal */\nint x = strcpy(a, b);\n", "" },
  { "core/base/a.c", C .. "int x = strcpy(a, b); /* tidy-ok: */\n", "excuses:3" },
  { "core/base/a.c", C .. "int x; /* tidy-ok: nothing to excuse */\n", "excuses:3" },
  { "core/base/a.c", C .. "int64_t x = clock_gettime(c, t);\n", "pure-layers:3" },
  { "core/base/a.c", C .. "void *x = malloc(1);\n", "" },
  { "core/engine/a.c", C .. "void *x = malloc(1);\n", "pure-layers:3" },
  { "core/engine/a.c", C .. "void *eb_x_create(void)\n{\n    return calloc(1, 1);\n}\n", "" },
  { "core/engine/a.c", C .. "void *eb_x_step(void)\n{\n    return calloc(1, 1);\n}\n", "pure-layers:5" },
  { "core/domain/a.c", C .. 'int x = printf("a");\n', "pure-layers:3" },
  { "core/host/a.c", C .. 'int x = printf("a");\n', "" },
  { "core/domain/a.c", C .. "static double x;\n", "no-floating-point:3" },
  { "core/domain/market_atr.c", C .. "static double x;\n", "" },
  { "core/engine/a.c", C .. "static float x; /* double */\n", "no-floating-point:3" },
  { "core/domain/a.c", C .. "static int doubled;\n", "" },
  { "core/base/a.c", C .. "int helper(void)\n{\n}\n", "public-prefix:3" },
  { "core/base/a.c", C .. "static int helper(void)\n{\n}\n\nint eb_x(void)\n{\n}\n", "" },
  -- form
  { "core/base/a.c", "int x;\n", "head:1" },
  { "core/base/a.c", "/* SPDX-License-Identifier: Apache-2.0 */\nint x;\n", "head:2" },
  { "policies/init.lua", "-- SPDX-License-Identifier: Apache-2.0\nreturn {}\n", "head:2" },
  { "tests/a.py", "#!/usr/bin/env python3\n# SPDX-License-Identifier: Apache-2.0\n", "" },
  { "include/exitbrain/a.h", C .. "int x;\n", "pragma-once:1" },
  { "core/base/a.c", C .. "int x; \n", "white-space:3" },
  { "core/base/a.c", C .. "\tint x;\n", "white-space:3" },
  { "core/base/a.c", C .. "int x;", "white-space:3" },
  { "core/base/a.c", C .. "/* TO" .. "DO: more */\n", "unfinished:3" },
  { "docs/a.md", "# A\n\nThis is a place" .. "holder.\n", "unfinished:3" },
  { "docs/a.md", "# A\n\nsee /wor" .. "k/main\n", "workplace:3" },
  { "docs/a.md", "# A\n\nsee frame/wor" .. "k/ and paperwork\n", "" },
  { "docs/a.md", "# A\n\n```\n# a shell comment\n```\n", "" },
  { "docs/a.md", "# A\n\n# B\n", "one-title:1" },
  { "docs/a.md", "## A\n", "one-title:1" },
  -- what never runs
  { "core/engine/deep/a.c", C, "dead-file:1" },
  { "core/policy/module/a.c", C, "" },
  { "core/base/a.h", H, "dead-file:1" },
  { "core/base/a.h", H, "", { ["core/base/b.c"] = C .. '#include "base/a.h"\n' } },
  { "policies/risk.lua", LUA, "dead-file:1" },
  { "policies/legacy/trail.lua", LUA, "", { ["policies/init.lua"] = LUA .. 'local t = require "legacy.trail"\n' } },
  { "tests/e2e/absent.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n", "dead-file:1" },
  { "tests/unit/base/test_a.c", C .. "int main(void)\n{\n    return 0;\n}\n", "test-has-cases:1" },
}

-- check(path, text, others) -> findings. Prints one result line; true when every case drew what it should.
function selftest.run(check)
  local wrong = 0
  for number, case in ipairs(cases) do
    local drawn = {}
    for _, finding in ipairs(check(case[1], case[2], case[4])) do
      drawn[#drawn + 1] = finding.rule .. ":" .. finding.line
    end
    local got = table.concat(drawn, " ")
    if got ~= case[3] then
      wrong = wrong + 1
      print(("self-test %d (%s): wanted [%s], got [%s]"):format(number, case[1], case[3], got))
    end
  end
  print(("%s tidy/self-test of %d snippets"):format(wrong == 0 and "ok" or "not ok", #cases))
  return wrong == 0
end

return selftest
