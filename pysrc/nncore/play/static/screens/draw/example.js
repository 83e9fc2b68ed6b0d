/** What is drawn before the reader draws: a three. */

/** Return an arc of an ellipse, between two angles in degrees, as the points of a stroke.
 * @param {number[]} middle @param {number[]} radii @param {number} from @param {number} to */
const arc = ([x, y], [wide, high], from, to) =>
  Array.from({ length: 24 }, (_, at) => {
    const angle = ((from + ((to - from) * at) / 23) * Math.PI) / 180;
    return [Math.round(x + wide * Math.cos(angle)), Math.round(y + high * Math.sin(angle))];
  });

export const THREE = [[...arc([132, 96], [46, 44], -160, 75), ...arc([136, 186], [56, 50], -78, 150)]];
