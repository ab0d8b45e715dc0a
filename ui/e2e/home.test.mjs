import assert from 'node:assert/strict';

export default async function home(t) {
  // Each language, theme and size at least once; the pages' test covers further pairs.
  for (const [lang, theme, viewport] of [
    ['en', 'light', 'desktop'],
    ['zh-Hans', 'dark', 'desktop'],
    ['zh-Hant', 'light', 'phone'],
    ['en', 'dark', 'phone'],
  ]) {
    await t.step(`home is sound in ${lang}, ${theme}, ${viewport}`, async () => {
      const page = await t.open('/?from=2025-11-23&to=2026-11-22', { lang, theme, viewport });
      await t.sound(page, { lang });
      await t.shot(page, `home-${lang}-${theme}-${viewport}`);
      await page.context().close();
    });
  }

  await t.step('three pillars stand with the same depth', async () => {
    const page = await t.open('/?from=2025-11-23&to=2026-11-22');
    for (const name of ['Brand', 'Customer', 'Employee']) {
      const card = page.getByRole('region', { name, exact: true });
      await card.getByRole('img').first().waitFor();
      await card.getByText('Weakest touchpoint').waitFor();
    }
    await page.getByRole('list', { name: 'The loop' }).waitFor();
  });

  await t.step('a filter lives in the address and survives the back button', async () => {
    const page = await t.open('/');
    await page.getByRole('radio', { name: 'Customer' }).check({ force: true });
    await page.waitForURL(/pillar=customer/);
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'INPUT', 'a filter moved the focus');
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('pillar'));
    assert.equal(await page.getByRole('radio', { name: 'All', exact: true }).isChecked(), true);
  });

  await t.step('the keyboard reaches palette and help, and Escape leaves them', async () => {
    const page = await t.open('/');
    await page.keyboard.press('Control+k');
    // the filters of the page are selects
    await page.locator('input[role=combobox]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('input[role=combobox]').waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement !== document.body), true);
  });
}
