-- SPDX-License-Identifier: Apache-2.0
-- Policies see the sandbox's allow list only; specs see busted's words as well.
std = "lua54"
max_line_length = 120
files["tests/spec"] = { std = "lua54+busted" }
-- What the host gives to policies beside the allow list.
local of_policies = { read_globals = { "log", "modules", "owner", "copy", "host" } }
files["policies"] = of_policies
files["examples"] = of_policies
files["lua/exitbrain"] = of_policies
files["examples/strategies/*/*_spec.lua"] = { std = "lua54+busted" }
