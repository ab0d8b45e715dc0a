// Behaviour: a funnel apart by version, and who comes back, over the demo's events.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export default async function behaviour(t) {
  const page = await t.open('/insight/behaviour', { lang: 'en' });
  const field = (label) => page.getByLabel(label, { exact: true });
  await t.step('a funnel is counted from the keyboard and stands in the address', async () => {
    await page.getByText('Choose at least two events').waitFor();
    const offered = page.locator('#event-names option');
    await offered.first().waitFor({ state: 'attached' });
    assert.ok((await offered.count()) >= 4, 'events that came in are offered');
    await field('Step 1').fill('Fund Viewed');
    await field('Step 2').fill('Risk Confirmed');
    await page.getByRole('button', { name: 'Add a step' }).click();
    await field('Step 3').fill('Order Placed');
    await page.getByLabel('Apart by a property').fill('version');
    await field('Step 3').press('Enter');
    await page.getByRole('heading', { name: 'Apart by version' }).waitFor();
    assert.match(new URL(page.url()).searchParams.get('steps'), /^Fund Viewed > Risk Confirmed > Order Placed$/);
    const rows = page.locator('[role=rowgroup] [data-entry]');
    const confirmed = await rows.evaluateAll((all) => all.map((row) => Number(/([\d.]+)\s?%/.exec(row.innerText)?.[1])));
    assert.equal(confirmed.length, 2, 'two versions');
    assert.ok(confirmed.every((share) => share > 30 && share < 80), `shares ${confirmed}`);
    assert.match(await page.locator('figure').first().innerText(), /n = [\d,]+/);
    await t.sound(page, { lang: 'en' });
    await t.shot(page, 'behaviour-funnel');
  });
  await t.step('the table of the chart has intervals, and the split goes to a file', async () => {
    await page.getByRole('button', { name: /as table/i }).first().click();
    assert.match(await page.locator('figure table').first().innerText(), /[\d.]+\s?%.*[\d.]+\s?%/s);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /CSV/ }).first().click()]);
    const text = readFileSync(await file.path(), 'utf8');
    assert.match(text, /Risk Confirmed/);
  });
  await t.step('the address alone brings it back; what cannot be counted says why', async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Apart by version' }).waitFor();
    assert.equal(await field('Step 3').inputValue(), 'Order Placed');
    await field('Step 1').fill('Fund Viewed[version]');
    await field('Step 1').press('Enter');
    await page.getByRole('alert').getByText(/is no condition/).first().waitFor();
    // The browser notes the answer 422, which is meant.
    page.faults.length = 0;
  });
  await t.step('cohorts show who comes back week by week', async () => {
    await page.getByRole('tab', { name: 'Funnel' }).focus();
    await page.keyboard.press('ArrowRight');
    await field('First event').fill('Signed In');
    await field('First event').press('Enter');
    await page.getByRole('heading', { name: 'By cohort' }).waitFor();
    const cells = await page.locator('[data-entry] .tint').count();
    assert.ok(cells > 10, `${cells} cells`);
    await t.sound(page, { lang: 'en' });
    await t.shot(page, 'behaviour-cohorts');
  });
  await t.step('on a phone, in the dark, in Chinese', async () => {
    const { pathname, search } = new URL(page.url());
    const phone = await t.open(pathname + search, { lang: 'zh-Hant', theme: 'dark', viewport: 'phone' });
    await phone.getByRole('heading', { name: '按同期群' }).waitFor();
    await t.sound(phone, { lang: 'zh-Hant' });
    await t.shot(phone, 'behaviour-phone');
  });
}
