// From a scenario to its trials: each combination of its sweep, as often as it is to be repeated.
import type { Scenario } from "../scenario/model.js";
import { settingText } from "../scenario/settings.js";
import { variantsOf } from "../scenario/sweep.js";
import type { Trial } from "./trial.js";

/** `repeat`: how often; by default as the scenario says. @throws ScenarioInvalid where a combination is no scenario. */
export function trialsOf(scenario: Scenario, repeat = scenario.repeat): Trial[] {
  return variantsOf(scenario).flatMap(({ settings, scenario: variant }) => {
    const label = [scenario.name, ...settings.map(settingText)].join(" ");
    return Array.from({ length: repeat }, () => ({ label, scenario: variant, settings }));
  });
}
