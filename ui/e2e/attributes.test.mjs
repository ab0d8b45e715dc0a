// Attributes: voices and figures filtered by what the bank says of a voice by names of its own.
import assert from 'node:assert/strict';
import { call, go } from './lib.mjs';

const NAME = 'years_with_us';
const filter = (page) => new URL(page.url()).searchParams.get('attribute');
const number = (text) => Number(text.replace(/\D/g, ''));

export default async function attributes(t) {
  const page = await t.open('/insight/voices', { lang: 'en' });
  const opener = (where = page) => where.locator('.attributes .opener');
  const dialog = page.locator('dialog[open]');
  const total = () => page.locator('.bar .total').innerText().then(number);
  /** Voices with a value, as the dialog says. */
  const beside = async (value) => number(await dialog.locator('li').filter({ has: page.getByLabel(value, { exact: true }) }).locator('.num').innerText());
  let two = 0;

  await t.step('two values are chosen from the keyboard, with the voices that have them', async () => {
    await opener().focus();
    await page.keyboard.press('Enter');
    await dialog.getByRole('checkbox').first().waitFor();
    assert.equal(await dialog.getByLabel('Attribute', { exact: true }).inputValue(), NAME);
    const shown = await dialog.getByRole('checkbox').evaluateAll((all) => all.map((box) => Number(box.labels[0].innerText)));
    assert.deepEqual(shown, shown.toSorted((a, b) => a - b), 'numbers stand by their size');
    two = (await beside('2')) + (await beside('3'));
    assert.ok(two > 0, 'no voice has two or three years');
    await dialog.getByPlaceholder('Find or write a value').focus();
    for (const value of ['2', '3']) {
      await page.keyboard.type(value);
      await page.keyboard.press('Enter');
      assert.equal(await dialog.getByLabel(value, { exact: true }).isChecked(), true);
    }
    await t.sound(page, { lang: 'en' });
    await t.shot(page, 'attributes-dialog', false);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.search.includes('attribute='));
    assert.equal(filter(page), `${NAME}:2,${NAME}:3`);
  });

  await t.step('the list has exactly as many voices as were counted', async () => {
    await page.waitForFunction((n) => Number(document.querySelector('.bar .total')?.textContent?.replace(/\D/g, '')) === n, two);
    const { items } = await call(page, 'GET', `/voices?limit=50&attribute=${filter(page)}`);
    assert.ok(items.every((voice) => ['2', '3'].includes(voice.attributes[NAME])));
  });

  await t.step('the address alone brings the chip back; the chip opens what is ticked', async () => {
    await page.reload();
    await page.getByRole('button', { name: `${NAME}: 2, 3`, exact: true }).click();
    await dialog.getByLabel('2', { exact: true }).uncheck();
    assert.equal(await dialog.getByLabel('3', { exact: true }).isChecked(), true);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(filter(page), `${NAME}:2,${NAME}:3`, 'what is cancelled changes nothing');
  });

  await t.step('the chip is removed from the keyboard, and the focus stays in the filters', async () => {
    await page.getByRole('button', { name: /^Remove years_with_us/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !location.search.includes('attribute='));
    assert.ok(await opener().evaluate((button) => button === document.activeElement));
    await page.waitForFunction((n) => Number(document.querySelector('.bar .total')?.textContent?.replace(/\D/g, '')) > n, two);
    assert.ok((await total()) > two);
  });

  await t.step('values are counted within the other filters', async () => {
    await go(page, `/insight/voices?band=detractor&attribute=${NAME}:2`);
    await opener().click();
    await dialog.getByRole('checkbox').first().waitFor();
    const unhappy = await beside('2');
    assert.ok(unhappy > 0 && unhappy < two, `${unhappy} of ${two}`);
    assert.ok((await beside('3')) > 0, 'what is ticked does not narrow what is offered');
    await page.keyboard.press('Escape');
    assert.equal(await total(), unhappy);
    await go(page, '/insight/voices?kind=signal');
    await opener().click();
    await dialog.getByText('No voice of this period has a value').waitFor();
    await page.keyboard.press('Escape');
  });

  await t.step('figures and short boards are filtered too, and their voices stay so', async () => {
    await go(page, `/insight?attribute=${NAME}:3`);
    await page.getByRole('button', { name: `${NAME}: 3`, exact: true }).waitFor();
    const now = page.locator('main a', { hasText: /voices/ }).first();
    assert.match(await now.getAttribute('href'), /attribute=years_with_us%3A3/);
    await t.sound(page, { lang: 'en' });
    await go(page, `/insight/short-boards?attribute=${NAME}:3`);
    await page.getByRole('button', { name: `Remove ${NAME}: 3` }).waitFor();
    await t.sound(page, { lang: 'en' });
  });

  await t.step('an attribute without a value says what to write, and can be removed', async () => {
    await go(page, '/insight/voices?attribute=vip');
    await page.getByRole('alert').getByText('write name:value').waitFor();
    page.faults.length = 0;
    await t.sound(page, { lang: 'en' });
    await page.getByRole('button', { name: 'Remove vip' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  await t.step('where the API refuses the list, it says why, and a value can be written', async () => {
    const faults = [{ path: 'by', code: 'too_many_groups', args: {}, message: '' }];
    const json = { title: '', status: 422, code: 'invalid', detail: '', faults, request_id: 'req-1' };
    await page.route('**/api/v1/figures?**', (route) => route.fulfill({ status: 422, contentType: 'application/problem+json', json }));
    await opener().click();
    await dialog.getByRole('alert').getByText('choose narrower filters').waitFor();
    await dialog.getByPlaceholder('Find or write a value').fill('a, b');
    await dialog.getByRole('button', { name: 'Take “a, b” as written' }).waitFor();
    await dialog.getByPlaceholder('Find or write a value').fill('4');
    await dialog.getByRole('button', { name: 'Take “4” as written' }).click();
    page.faults.length = 0;
    await t.sound(page, { lang: 'en' });
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: `${NAME}: 4`, exact: true }).waitFor();
    await page.unroute('**/api/v1/figures?**');
  });

  await t.step('without any attribute it says how to send them', async () => {
    const phone = await t.open('/insight/voices', { lang: 'zh-Hans', theme: 'dark', viewport: 'phone' });
    await phone.route('**/api/v1/attributes', (route) => route.fulfill({ json: { items: [], next_cursor: null, total: 0 } }));
    await opener(phone).click();
    await phone.getByText('还没有属性', { exact: false }).waitFor();
    await phone.getByText('attr.product').waitFor();
    await t.sound(phone, { lang: 'zh-Hans' });
    await t.shot(phone, 'attributes-none', false);
  });

  await t.step('employees are not told apart by attributes', async () => {
    await go(page, `/insight/voices?pillar=employee&attribute=${NAME}:3`);
    assert.equal(await opener().count(), 0);
    assert.equal(await page.getByText(NAME).count(), 0);
    await t.sound(page, { lang: 'en' });
    await go(page, `/insight?pillar=employee&attribute=${NAME}:3`);
    assert.equal(await opener().count(), 0);
    await t.sound(page, { lang: 'en' });
  });

  await t.step('on a phone, in the dark, in traditional Chinese', async () => {
    const phone = await t.open(`/insight/voices?attribute=${NAME}:3`, { lang: 'zh-Hant', theme: 'dark', viewport: 'phone' });
    await opener(phone).tap();
    await phone.locator('dialog[open]').getByLabel('4', { exact: true }).check();
    await t.sound(phone, { lang: 'zh-Hant' });
    await t.shot(phone, 'attributes-phone', false);
    await phone.getByRole('button', { name: '套用' }).tap();
    await phone.getByRole('button', { name: `${NAME}: 3、4`, exact: true }).waitFor();
    await t.sound(phone, { lang: 'zh-Hant' });
    // The longest name and value that the API takes stay on the screen.
    const long = `${'a'.repeat(40)}:${encodeURIComponent('w'.repeat(200))}`;
    await go(phone, `/insight/voices?attribute=${long}`);
    await phone.getByRole('button', { name: /^a{40}/ }).tap();
    await phone.locator('dialog[open]').getByRole('checkbox').waitFor();
    await t.sound(phone, { lang: 'zh-Hant' });
    assert.equal(await phone.locator('dialog[open] .body').evaluate((body) => body.scrollWidth - body.clientWidth), 0);
  });
}
