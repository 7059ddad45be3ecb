"""Float arithmetic: a Mandelbrot set and a numeric integral, both in local variables alone."""

WIDTH = 160
HEIGHT = 120
ESCAPE_LIMIT = 180


def mandelbrot_points(width, height, limit):
    inside = 0
    for row in range(height):
        imaginary = 2.4 * row / height - 1.2
        for column in range(width):
            real = 3.0 * column / width - 2.0
            x = y = 0.0
            for _ in range(limit):
                xx = x * x
                yy = y * y
                if xx + yy > 4.0:
                    break
                y = 2.0 * x * y + imaginary
                x = xx - yy + real
            else:
                inside += 1
    return inside


def quarter_circle_area(strips):
    """The midpoint rule for 1 / (1 + x * x), which integrates to pi / 4."""
    step = 1.0 / strips
    area = 0.0
    x = step / 2.0
    while x < 1.0:
        area += step / (1.0 + x * x)
        x += step
    return area


def run():
    return [mandelbrot_points(WIDTH, HEIGHT, ESCAPE_LIMIT), quarter_circle_area(2_000_000)]
