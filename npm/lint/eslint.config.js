// One dialect for every script that we send. ruff does the same for Python.

import js from "@eslint/js";
import stylistic from "@stylistic/eslint-plugin";
import es from "eslint-plugin-es-x";
import globals from "globals";

const STATIC = "survey/web/static/";
// A citizen's phone may be old: the first browsers that know modules (2017) run these, or nobody does.
const PHONES = ["form", "conditions", "exit", "draft", "marks", "kiosk/answers", "communes"].map((name) => `${STATIC}${name}.js`);
// Sent as one classic script, sounds.js first: not every tablet knows workers that are modules.
const WORKERS = ["sounds", "interviewer-worker", "kiosk/worker", "phone-worker"].map((name) => `${STATIC}${name}.js`);

export default [
  { ignores: ["**/node_modules/", "**/.*/", `${STATIC}kiosk/hpke.js`, "tests/", "var/", "build/"] },
  js.configs.recommended,
  stylistic.configs.customize({ quotes: "double", semi: true, arrowParens: true, braceStyle: "1tbs" }),
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { caughtErrors: "none" }],
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "@stylistic/max-len": ["error", { code: 140, ignoreComments: false }],
      "@stylistic/operator-linebreak": "off",
      "@stylistic/quote-props": ["error", "as-needed"],
    },
  },
  {
    files: PHONES,
    plugins: { "es-x": es },
    languageOptions: { ecmaVersion: 2017 },
    // By the name of a method alone; those of iterators are those of arrays, which are old.
    settings: { "es-x": { aggressive: true } },
    rules: {
      ...Object.fromEntries(
        Object.entries(es.configs["flat/restrict-to-es2017"].rules).filter(([rule]) => !rule.includes("iterator-prototype")),
      ),
      "no-restricted-properties": ["error", ...["replaceChildren", "toggleAttribute"].map((property) => ({ property }))],
    },
  },
  {
    files: WORKERS,
    languageOptions: {
      sourceType: "script",
      globals: { ...globals.serviceworker, listen: "readonly", heard: "readonly", SOUNDS: "readonly" },
    },
    rules: { "no-redeclare": ["error", { builtinGlobals: false }], "no-unused-vars": ["error", { vars: "local", caughtErrors: "none" }] },
  },
  { files: ["npm/**/*.js"], languageOptions: { globals: globals.node } },
];
