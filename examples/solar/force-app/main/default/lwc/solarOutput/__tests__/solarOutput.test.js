import SolarOutput from 'c/solarOutput';

it('is there', () => expect(SolarOutput).toBeDefined());
