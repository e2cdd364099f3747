-- SPDX-License-Identifier: Apache-2.0
-- Policies see the sandbox's allow list only; specs see busted's words as well.
std = "lua54"
max_line_length = 120
files["tests/spec"] = { std = "lua54+busted" }
