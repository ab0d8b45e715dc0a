// Retention: a look at what would go, also by survey, and a setting that removes nothing of the demo.
import assert from 'node:assert/strict';

export default async function retention(t) {
  const page = await t.open('/settings/retention', { lang: 'en' });
  const [voices, , outcomes] = [0, 1, 2].map((at) => page.locator('main form select').nth(at));
  const look = page.getByRole('button', { name: 'See what would go' });
  await t.step('an owner sees what would go before anything goes', async () => {
    await voices.selectOption('3');
    await look.click();
    const dialog = page.locator('dialog[open]');
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /\d+ voices · stays from/);
    await t.sound(page, { lang: 'en' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('everything is kept for good').waitFor();
  });
  await t.step('a survey gets a time of its own, is counted apart, and goes again', async () => {
    const survey = page.getByLabel('Add a survey');
    await survey.selectOption({ index: 1 });
    const name = await survey.evaluate((select) => select.selectedOptions[0].textContent.trim());
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const kept = page.getByLabel(`Kept: ${name}`);
    assert.equal(await kept.inputValue(), '3', 'it begins as it is kept now');
    await kept.selectOption('120');
    await look.click();
    const dialog = page.locator('dialog[open]');
    await dialog.waitFor();
    assert.ok((await dialog.innerText()).includes(`${name}: `), await dialog.innerText());
    await t.sound(page, { lang: 'en' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: `Remove the time of ${name}` }).click();
    await kept.waitFor({ state: 'detached' });
  });
  await t.step('a setting is confirmed, kept and written in the record', async () => {
    await voices.selectOption('');
    await outcomes.selectOption('120');
    await look.click();
    await page.locator('dialog[open]').getByRole('button', { name: 'Remove and set' }).click();
    await page.getByText(/^Set on /).waitFor();
    await page.reload();
    await page.getByText(/^Set on /).waitFor();
    assert.equal(await outcomes.inputValue(), '120');
  });
}
