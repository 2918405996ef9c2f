"""Names with the name of another quantity in them: PSA density is no PSA."""

_NAMES = """
    average glucose, estimated average glucose, mean blood glucose, eag, urine creatinine,
    creatinine urine, creatinine random urine, bun creatinine ratio, bun creat ratio, bun cr
    ratio, urine albumin, microalbumin, urine microalbumin, albumin urine, cholesterol ratio,
    cholesterol hdl ratio, chol hdl ratio, total cholesterol hdl ratio, ldl hdl ratio, tc hdl
    ratio, pneumococcal conjugate pcv, pneumococcal pcv, pcv 7, pcv 13, pcv 15, pcv 20, pcv 21,
    psa density, psad, psa velocity, psa doubling time, free psa, psa free, percent free psa,
    psa ratio, rv ejection fraction, rvef, right ventricular ejection fraction, iron saturation,
    transferrin saturation, tsat, % saturation, birth weight, birthweight, ideal body weight,
    dry weight, weight loss, weight gain, weight change, pulse pressure, potassium chloride,
    kcl, k dur, k tab, k phos, sodium chloride, sodium bicarbonate, calcium carbonate, magnesium
    oxide, magnesium sulfate, vitamin k, ferrous sulfate, iron sulfate, fundal height, sitting
    height, head circumference, waist circumference, hip circumference, age of onset, age at
    onset, age at diagnosis, bone age, hemoglobin a, hemoglobin a2, hemoglobin f, hemoglobin s,
    fetal hemoglobin, plasma free hemoglobin, carboxyhemoglobin, ionized calcium, calcium
    ionized, corrected calcium, calcium score, coronary calcium score, prealbumin, albumin
    globulin ratio, a g ratio, target heart rate, maximum heart rate, max heart rate, maximal
    heart rate, peak heart rate, fetal heart rate
"""
LOOKALIKES = tuple(" ".join(name.split()) for name in _NAMES.split(","))
