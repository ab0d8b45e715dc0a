// A theme is added with a rule, tried while it is typed, saved and given to all voices, and the figure under it changes.
import assert from 'node:assert/strict';
import { call } from './lib.mjs';

const CODE = 'queue-numbers';

export default async function themes(t) {
  const page = await t.open('/insight/themes');
  const under = () => call(page, 'GET', `/voices?theme=${CODE}&from=2020-01-01&limit=1`).then((found) => found.total);
  const first = await call(page, 'GET', '/themes');
  let found = 0;

  await t.step('a theme is added with a rule, and the tester follows what is typed', async () => {
    assert.ok(!first.items.some((one) => one.code === CODE), 'the theme is there already');
    await page.getByRole('button', { name: 'Add a theme', exact: true }).first().click();
    await page.getByLabel('Name (English)').fill('Queue numbers');
    await page.getByLabel('Name (简体)').fill('叫号');
    await page.getByLabel('Name (繁體)').fill('叫號');
    const code = page.getByLabel('Code');
    await code.fill(CODE);
    await code.blur();
    await page.getByLabel('A text to try').fill('The queue was long and nobody cared');
    await page.getByLabel('Text of rule 1').fill('queue*, 排队, 排隊');
    await page.locator('.tester mark', { hasText: 'queue' }).first().waitFor();
    await page.locator('fieldset .found').filter({ hasText: /^[1-9]/ }).waitFor();
  });

  await t.step('a rule that cannot be read names its place and cannot be saved', async () => {
    await page.getByText('Expression', { exact: true }).first().click();
    await page.getByLabel('Text of rule 1').fill('(queue* or 排队');
    await page.getByText(/at character 1: the parenthesis/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Save as a new version' }).isDisabled(), true);
    await page.getByLabel('Text of rule 1').fill('queue* or 排队 or 排隊');
    await page.getByText(/at character/).waitFor({ state: 'detached' });
    await page.locator('fieldset .found').filter({ hasText: /^[1-9]/ }).waitFor();
    // The browser notes each answer 422; those to the rule above are meant.
    page.faults = page.faults.filter((fault) => !/status of 422/.test(fault));
    await t.sound(page, { lang: 'en' });
  });

  await t.step('the scheme is saved as a new version', async () => {
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByText(`Version ${first.version + 1}`, { exact: true }).waitFor();
    assert.equal(await under(), 0, 'voices that are here already keep what was read');
  });

  await t.step('all voices are read again, and the voices under the theme are found', async () => {
    await page.getByRole('button', { name: 'Read all voices again' }).click();
    await page.getByText(/^Done .* changed of/).waitFor({ timeout: 120_000 });
    await page.getByRole('table', { name: 'Voices that moved' }).waitFor();
    found = await under();
    assert.ok(found > 0, 'no voice has the theme');
    await t.shot(page, 'themes');
  });

  await t.step('the board is filtered by the theme, and its chip shows the words', async () => {
    const voices = await t.open('/insight/voices?from=2020-01-01');
    await voices.getByLabel('Theme', { exact: true }).selectOption(CODE);
    await voices.waitForFunction((code) => location.search.includes(`theme=${code}`), CODE);
    const reader = voices.getByRole('complementary', { name: 'The voice in full' });
    const chip = reader.getByRole('button', { name: 'Queue numbers' });
    await chip.waitFor();
    await chip.click();
    await reader.locator('mark').first().waitFor();
    await reader.getByText(/^Rests on: .*version/).waitFor();
    await t.sound(voices, { lang: 'en' });
    await t.shot(voices, 'voice-words');
    const home = await t.open(`/?from=2020-01-01&to=2030-01-01&theme=${CODE}&tone=negative`);
    await home.getByText('Figures and voices are filtered by what is said', { exact: false }).waitFor();
    await t.sound(home, { lang: 'en' });
  });

  await t.step('on a phone, in the dark, in traditional Chinese', async () => {
    const phone = await t.open(`/insight/themes?edit=${CODE}`, { lang: 'zh-Hant', theme: 'dark', viewport: 'phone' });
    await phone.getByRole('heading', { name: '叫號' }).waitFor();
    await t.sound(phone, { lang: 'zh-Hant' });
    await t.shot(phone, 'themes-phone');
  });

  // What follows finds the bank as it was.
  const now = await call(page, 'GET', '/themes');
  await call(page, 'PUT', '/themes', { version: now.version, items: first.items });
  await call(page, 'POST', '/themes/rerun', {});
}
